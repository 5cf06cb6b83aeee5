import Evaluation
import Files
import Glibc
import JSON
import Subprocess
import Tabular
import Testing
import Transactions

/// The browser of the tests.
private enum Browser {
  static let path = try? Subprocess.locate("chromium")
}

/// The page as a browser shows it: wide, narrow, dark and printed. `ANOMALYZE_SCREENSHOTS` names a folder that keeps the pictures.
@Suite(.enabled(if: Browser.path != nil, "chromium is installed by make deps-test"))
struct ReportPageTests {
  private struct Screen {
    let name: String
    let size: String
    let scheme: Int
  }

  @Test func `A browser shows the page without complaint, request or figure of its own`() throws {
    let report = try Self.report()
    let folder =
      unsafe getenv("ANOMALYZE_SCREENSHOTS").map { unsafe String(cString: $0) }
      ?? "/tmp/anomalyze-page-\(getpid())"
    let isKept = unsafe getenv("ANOMALYZE_SCREENSHOTS") != nil
    defer { if !isKept { try? FileSystem.removeTree(folder) } }
    try FileSystem.createDirectory(folder)
    let page = "\(folder)/report.html"
    try FileSystem.writeAtomically(Array(report.html().utf8), to: page)
    #expect(report.html().utf8.count < 200_000)
    // Blink's numbers of the preferred colour scheme: 0 dark, 1 light.
    var pictures: [[UInt8]] = []
    for screen in [
      Screen(name: "desktop", size: "1280,2400", scheme: 1),
      Screen(name: "narrow", size: "400,2400", scheme: 1),
      Screen(name: "dark", size: "1280,2400", scheme: 0),
    ] {
      let document = try show(page, screen, in: folder)
      pictures.append(try FileSystem.read("\(folder)/\(screen.name).png"))
      try check(document, against: report.metrics)
    }
    #expect(Set(pictures).count == 3 && pictures.allSatisfy { $0.count > 20_000 })
    let printed = try FileSystem.read("\(folder)/desktop.pdf")
    #expect(printed.starts(with: Array("%PDF-".utf8)) && printed.count > 20_000)
  }

  /// Opens the page once for a picture, a print and the document as the browser understood it.
  private func show(_ page: String, _ screen: Screen, in folder: String) throws -> String {
    let outcome = try Subprocess(
      path: try #require(Browser.path),
      arguments: [
        "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        "--disable-background-networking", "--disable-component-update",
        "--proxy-server=127.0.0.1:9", "--no-first-run",
        "--user-data-dir=\(folder)/profile", "--window-size=\(screen.size)",
        "--blink-settings=preferredColorScheme=\(screen.scheme)", "--enable-logging=stderr",
        "--log-net-log=\(folder)/network.json", "--screenshot=\(folder)/\(screen.name).png",
        "--print-to-pdf=\(folder)/\(screen.name).pdf", "--dump-dom", "file://\(page)",
      ],
      environment: ["HOME=\(folder)", "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"], secondsAllowed: 120
    ).run()
    let log = String(decoding: outcome.errorOutput, as: UTF8.self)
    // The page forbids itself every load by a policy; a breach of it would be told on the console too.
    #expect(!log.contains("CONSOLE"), "\(log)")
    let network = String(decoding: try FileSystem.read("\(folder)/network.json"), as: UTF8.self)
    // What the browser asks for by itself, such as its dictionaries, has no origin; what a page asks for has one.
    let origins = network.split(separator: "\"initiator\":\"").dropFirst().map {
      $0.prefix { $0 != "\"" }
    }
    #expect(origins.allSatisfy { $0 == "not an origin" }, "\(origins)")
    return String(decoding: outcome.output, as: UTF8.self)
  }

  /// Checks that every number of the document is one of `metrics.json`, and that all sections arrived.
  private func check(_ document: String, against metrics: JSONValue) throws {
    var known: Set<Double> = []
    func collect(_ value: JSONValue) {
      if let number = value.doubleValue { known.insert(number) }
      value.arrayValue?.forEach(collect)
      value.objectValue?.members.forEach { collect($0.value) }
    }
    collect(metrics)
    let figures = document.split(separator: "<data value=\"").dropFirst().map { part in
      Double(part.prefix { $0 != "\"" })
    }
    #expect(figures.count > 300)
    for figure in figures {
      #expect(figure.map { known.contains($0) } == true, "\(figure ?? .nan)")
    }
    for anchor in [
      "detectors", "curves", "thresholds", "response", "scenarios", "slices", "differences",
      "alerts", "ranks", "drift", "features", "misses", "unlabelled", "card", "lineage",
      "reproduce", "notes",
    ] {
      #expect(document.contains("<section id=\"\(anchor)\">"), "\(anchor)")
    }
  }

  /// A report with every section.
  private static func report() throws -> EvaluationReport {
    let (training, rows) = (try makeRows(count: 300, seed: 3), try makeRows(count: 400, seed: 4))
    var generator = SeededGenerator(seed: 5)
    func features(_ rows: EvaluationRows) -> Matrix<Double> {
      Matrix(rows: rows.labels.map { [($0 ? 2 : 0) + generator.normal(), generator.normal()] })
    }
    let (before, now) = (features(training), features(rows))
    let own = DetectorScores(name: "forest", scores: now.column(0))
    let detectors = [
      own,
      DetectorScores(
        name: "gaussian", role: .champion, scores: (0..<400).map { now[$0, 1] + now[$0, 0] }),
    ]
    let evaluation = try Evaluation(
      rows: rows, detectors: detectors,
      validation: ValidationSet(
        rows: training,
        detectors: detectors.map { DetectorScores(name: $0.name, scores: before.column(0)) }),
      settings: EvaluationSettings(alertsPerDay: 8, replicateCount: 40))
    let names = ["amount", "<velocity>"]
    return try EvaluationReport(
      evaluation, title: "card-fraud",
      lineage: EvaluationLineage(
        snapshotDigest: "abc", features: names, commands: ["anomalyze evaluate card-fraud"]),
      drift: DriftReport(
        featureNames: names,
        training: .init(rows: training, features: before, scores: before.column(0)),
        test: .init(rows: rows, features: now, scores: own.scores)),
      importance: FeatureImportance.table(
        names: names, features: now, labels: rows.labels, seed: 0, score: { $0.column(0) },
        contributions: { [$0[0], 0] }),
      unlabelled: UnlabelledFigures(
        scores: own.scores, threshold: 1, contaminationExpected: 0.1,
        stability: .init(scores: own.scores, others: [own.scores], alertCount: 40),
        massVolume: MassVolume(scores: own.scores, uniformScores: before.column(0))),
      plotter: Gnuplot())
  }
}
