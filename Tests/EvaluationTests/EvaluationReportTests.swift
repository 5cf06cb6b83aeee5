@testable import Evaluation
import JSON
import Testing
import Transactions

@Suite struct EvaluationReportTests {
  private func makeReport(
    rows: EvaluationRows? = nil, names: [String] = ["forest"], title: String = "card-fraud"
  ) throws -> EvaluationReport {
    let rows = try rows ?? makeRows(count: 300)
    let detectors = names.enumerated().map { index, name in
      let scores = makeScores(name, rows, quality: 3, seed: UInt64(index))
      return DetectorScores(
        name: name, role: index == 1 ? .champion : .candidate, scores: scores.scores)
    }
    let evaluation = try Evaluation(
      rows: rows, detectors: detectors,
      settings: EvaluationSettings(alertsPerDay: 8, replicateCount: 24))
    let split = try TimeSplit(
      training: Timestamp(seconds: 0)..<Timestamp(seconds: 86_400), delay: .days(7),
      test: Timestamp(seconds: 8 * 86_400)..<Timestamp(seconds: 9 * 86_400))
    let lineage = EvaluationLineage(
      snapshotDigest: "abc", source: "demo", features: ["amount"], split: split,
      trainingRowCount: 12_345, excludedRowCount: 7,
      parameters: [(detector: names[0], values: ["trees": 100])],
      commands: ["anomalyze evaluate card-fraud"])
    return try EvaluationReport(evaluation, title: title, lineage: lineage, plotter: Gnuplot())
  }

  @Test func `Equal evaluations give equal bytes`() throws {
    let files = try [makeReport().files(), makeReport().files()]
    #expect(files[0].map(\.path) == files[1].map(\.path))
    for (left, right) in zip(files[0], files[1]) { #expect(left.bytes == right.bytes) }
    #expect(
      files[0].map(\.path) == [
        "metrics.json", "report.html", "report.md", "plots/precision-recall.svg", "plots/roc.svg",
        "plots/gain.svg", "plots/score-histogram.svg", "plots/daily-alerts.svg",
      ])
  }

  @Test func `The page needs nothing but itself and stays small`() throws {
    let page = try makeReport(names: ["forest", "gaussian"]).html()
    #expect(page.utf8.count < 200_000)
    for forbidden in ["<script", "src=", "http://", "@import", "url(", "rgb("] {
      // The name of the SVG language is an address, which nobody fetches.
      let text = page.replacing("http://www.w3.org/2000/svg", with: "")
      #expect(!text.contains(forbidden), "\(forbidden)")
    }
    #expect(page.contains("lang=\"en\"") && page.contains("role=\"img\""))
    let anchors = page.split(separator: " id=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
    #expect(Set(anchors).count == anchors.count && anchors.contains("detectors"))
    for link in page.split(separator: "href=\"#").dropFirst() {
      #expect(anchors.contains(link.prefix { $0 != "\"" }))
    }
  }

  @Test func `Every figure of the page is one of metrics json`() throws {
    let report = try makeReport(names: ["forest", "gaussian"])
    let metrics = try JSONValue(parsing: report.metrics.bytes())
    #expect(metrics == report.metrics)
    var known: Set<Double> = []
    func collect(_ value: JSONValue) {
      if let number = value.doubleValue { known.insert(number) }
      value.arrayValue?.forEach(collect)
      value.objectValue?.members.forEach { collect($0.value) }
    }
    collect(metrics)
    let figures = report.html().split(separator: "<data value=\"").dropFirst().map { part in
      Double(part.prefix { $0 != "\"" })
    }
    #expect(figures.count > 100)
    for figure in figures { #expect(figure.map { known.contains($0) } == true) }
  }

  @Test func `The headline stands where the promotion gates look for it`() throws {
    let metrics = try makeReport(names: ["forest", "gaussian"]).metrics
    #expect(metrics["schema"] == "anomalyze-metrics/2")
    let precision = try #require(metrics["headline"]?["average_precision"])
    #expect(precision["value"]?.doubleValue != nil && precision["lower"]?.doubleValue != nil)
    let difference = try #require(metrics["comparison"]?["average_precision"]?["difference"])
    #expect(difference["lower"]?.doubleValue != nil && difference["upper"]?.doubleValue != nil)
    #expect(metrics["lineage"]?["split"]?["delay"] == "7d")
    #expect(metrics["scenarios"]?.arrayValue?.first?["name"] != nil)
    #expect(try makeReport().metrics["comparison"] == nil)
  }

  @Test func `Names are shown and never obeyed`() throws {
    let names = ["it's `date` $(id) \"x\" <i>|*_^{2}\n\\", "plain"]
    let report = try makeReport(names: names, title: "<img src=x> & co")
    let page = report.html()
    #expect(!page.contains("<i>") && !page.contains("<img") && !page.contains("<b>\u{2019}"))
    #expect(
      page.contains("&lt;img src=x&gt; &amp; co") && page.contains("<th scope=\"row\">&lt;b&gt;"))
    #expect(page.contains("<text>it&#39;s") || page.contains("<text>it's `date` $(id)"))
    #expect(report.markdown().contains("\\<img src=x\\> & co"))
  }

  @Test func `Rows without fraud give a page that says so`() throws {
    var rows = EvaluationRows()
    for row in 0..<10 {
      try rows.append(
        id: "\(row)", time: Timestamp(seconds: Int64(row) * 40_000), entity: "e\(row)",
        amount: Money(millionths: 1), label: -1)
    }
    let report = try makeReport(rows: rows)
    #expect(report.verdict.status == .undefined)
    #expect(report.metrics["headline"]?["average_precision"]?["value"] == .null)
    #expect(report.metrics["headline"]?["average_precision"]?["reason"] == "no row is an anomaly")
    let page = report.html()
    #expect(page.contains("n/a") && page.contains("10 rows that nobody has reported on"))
    #expect(!page.contains("nan") && !page.contains("inf<"))
  }

  @Test func `A missing gnuplot is named with its remedy`() {
    let error = #expect(throws: EvaluationError.self) { try Gnuplot(searchPath: "/nowhere") }
    #expect(error?.description.contains("apt-get install gnuplot-nox") == true)
  }

  @Test func `The verdict follows the interval of the difference`() throws {
    let rows = try makeRows(count: 400)
    let settings = try EvaluationSettings(alertsPerDay: 8, replicateCount: 64)
    func status(_ own: Double, _ champion: Double, seed: UInt64) throws -> Verdict.Status {
      let rival = makeScores("rival", rows, quality: champion, seed: seed)
      let evaluation = try Evaluation(
        rows: rows,
        detectors: [
          makeScores("own", rows, quality: own, seed: 1),
          DetectorScores(name: "rival", role: .champion, scores: rival.scores),
        ], settings: settings)
      return try EvaluationReport(
        evaluation, title: "t", lineage: EvaluationLineage(), plotter: Gnuplot()
      ).verdict.status
    }
    #expect(try status(5, 0, seed: 2) == .better)
    #expect(try status(0, 5, seed: 2) == .worse)
    #expect(try status(2, 2, seed: 1) == .inconclusive)
  }

  @Test(arguments: [
    (0.1234, HeadlineMetric.averagePrecision, "+0.123"), (-0.0004, .averagePrecision, "0.000"),
    (0.0004, .averagePrecision, "0.000"), (-0.0912, .recallAtBudget, "−9.1"),
    (0.0003, .recallAtBudget, "0.0"), (1.26, .alertsPerCatch, "+1.3"),
  ])
  func `Differences are written with a sign unless they round to nothing`(
    value: Double, metric: HeadlineMetric, text: String
  ) {
    #expect(NumberText.difference(value, of: metric) == text)
  }

  @Test(arguments: [
    (0.0, 0, "0"), (12_345.678, 1, "12\u{202F}345.7"), (-1_234.5, 0, "−1235"), (0.05, 2, "0.05"),
    (1e18, 0, "1e+18"),
  ])
  func `Numbers are written for people`(value: Double, digits: Int, text: String) {
    #expect(NumberText.fixed(value, digits) == text)
  }
}
