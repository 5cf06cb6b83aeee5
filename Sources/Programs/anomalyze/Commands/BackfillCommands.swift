internal import Arguments
internal import Evaluation
internal import Files
internal import Ingestion
internal import JSON
internal import Pipeline
internal import Terminal
internal import Transactions

extension LabCommand {
  /// The weekly job in the past.
  static let backfillCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax(
        "backfill",
        "Run the weekly job as of past days in a registry of its own, and judge what would have served.",
        options: [
          .config, .snapshot, .threads,
          .init("--first", "DAY", "The first run, a day of UTC."),
          .init("--last", "DAY", "The last run at the latest.", default: "the end of the snapshot"),
          .init("--every", "SPAN", "The time between runs.", default: "7d"),
          .init(
            "--jobs", "N",
            "Days trained side by side, each with the memory of a run; versions do not depend on it.",
            default: "1"),
          .init(
            "--out", "FOLDER", "Registry, reports, records and result.", default: "var/backfill"),
          .json,
        ],
        examples: [
          "anomalyze backfill --first 2026-01-04 --last 2026-12-27 --jobs 4 --out var/year"
        ]),
      LabCommand.backfill)
  ]

  func backfill() throws {
    let configuration = try configuration()
    let snapshot = try SnapshotCollection(root: configuration.snapshotsFolder).open(
      values.text("--snapshot"))
    func day(_ name: String) throws -> Timestamp? {
      try values.value(name, "a day such as 2026-01-04", parse: { Timestamp(parsing: $0) })
    }
    guard let first = try day("--first") else {
      throw UsageError("--first is missing: the day of the first run, such as 2026-01-04")
    }
    let interval =
      try values.value(
        "--every", "a time span such as 7d", parse: { TimeSpan(parsing: $0) }) ?? .days(7)
    guard interval >= .days(1) else { throw UsageError("--every is shorter than a day") }
    let last = try min(day("--last") ?? snapshot.lastTime, snapshot.lastTime)
    var moments: [Timestamp] = []
    var moment = first
    while moment <= last {
      moments.append(moment)
      moment = moment + interval
    }
    guard !moments.isEmpty else {
      throw UsageError("the snapshot ends on \(last.dateText), before the first run")
    }
    let folder = values.text("--out") ?? "var/backfill"
    let isJSON = values.isOn("--json")
    let jobs = try values.integer("--jobs", in: 1...64) ?? 1
    let report = try BackfillStage(
      configuration: configuration, context: context(), folder: folder
    ).run(on: snapshot, moments: moments, every: interval, jobCount: jobs) { record in
      let sentences = record.models.compactMap { $0["sentence"]?.stringValue }
      let what = record.failure ?? sentences.joined(separator: "; ")
      let line = "\(record.asOf?.dateText ?? "")  \(record.status.rawValue): \(what)"
      if isJSON { Terminal.report(line) } else { Terminal.print(line + "\n") }
    }
    try FileSystem.writeAtomically(report.json.bytes(.indented), to: "\(folder)/backfill.json")
    for model in report.models {
      let plot = try report.plot(.averagePrecision, of: model, with: Gnuplot())
      try FileSystem.writeAtomically(Array(plot.utf8), to: "\(folder)/\(model).svg")
    }
    show(report.json, Self.summary(of: report) + "result: \(folder)/backfill.json\n")
  }

  private static func summary(of report: BackfillReport) -> String {
    var text = ""
    for model in report.models {
      var table = TextTable(
        [model, "retrained", "frozen", "difference, 95 %", "weeks"], rightAligned: [1, 2, 4])
      for metric in HeadlineMetric.allCases {
        guard let mean = report.mean(metric, of: model) else { continue }
        table.append([
          metric.title, fixed(mean.served), fixed(mean.frozen),
          "\(fixed(mean.interval.lowerBound)) … \(fixed(mean.interval.upperBound))",
          String(mean.weekCount),
        ])
      }
      let courses = report.weeks.flatMap(\.courses).filter { $0.model == model }
      let worse = courses.filter(\.isRegression).count
      let promotions = courses.filter { $0.predecessor != nil }.count
      text += "\n" + table.text
      text +=
        "\(promotions) promotions, \(worse) of them worse than the version before beyond the interval\n"
    }
    let refused = report.weeks.count { $0.record.status == .refused }
    return text + "\(report.weeks.count) runs, \(refused) refused by a gate\n"
  }
}
