internal import Arguments
internal import Evaluation
internal import Files
internal import Ingestion
internal import JSON
internal import Pipeline
internal import Registry
internal import Subprocess
internal import Terminal
internal import Transactions

extension LabCommand {
  private static let requirement = CommandSyntax.Option(
    "--require", "CONDITION", "End with code 5 unless it holds, such as ap>=0.3 or auroc>=0.8.")

  private static let intervals = CommandSyntax.Option(
    "--intervals", "KIND",
    "bootstrap, which draws entities again, or closed_form: formulas for independent rows, quicker.",
    default: "bootstrap")

  /// Judging versions.
  static let evaluationCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax(
        "evaluate", "Evaluate a version on a snapshot and write a report.",
        operands: [.init("MODEL", "NAME, NAME@ALIAS or NAME/VERSION")],
        options: [.config, .snapshot, .threads] + CommandSyntax.Option.periods + [
          .init("--out", "FOLDER", "Where the report goes.", default: "var/reports/NAME-VERSION"),
          intervals, requirement, .json,
        ],
        examples: ["anomalyze evaluate fraud@champion --require 'average_precision>=0.3'"]),
      LabCommand.evaluate),
    LabEntry(
      CommandSyntax(
        "compare",
        "Compare two versions on the same rows: differences with intervals, alerts, ranks and cost.",
        operands: [
          .init("A", "NAME, NAME@ALIAS or NAME/VERSION: the one the report is about"),
          .init("B", "what it is compared with"),
        ],
        options: [.config, .snapshot, .threads] + CommandSyntax.Option.periods + [
          .init("--out", "FOLDER", "Where the report goes.", default: "var/reports/A-vs-B"),
          intervals, requirement, .json,
        ],
        examples: ["anomalyze compare fraud/2 fraud@champion"]),
      LabCommand.compare),
    LabEntry(
      CommandSyntax(
        "backtest",
        "Replay history: how would a detector have done, retrained never, every week or every day?",
        operands: [.init("NAME", "model of the configuration")],
        options: [
          .config, .snapshot, .threads,
          .init(
            "--weeks", "N", "How many weeks to replay, the last with known labels.", default: "8"),
          .init("--detector", "KIND", "Detector of the model.", default: "the first"),
          .init("--out", "FOLDER", "Where the report goes.", default: "var/reports/NAME-backtest"),
          intervals, requirement, .json,
        ],
        examples: ["anomalyze backtest fraud --weeks 12 --detector gaussian"]),
      LabCommand.backtest),
    LabEntry(
      CommandSyntax(
        "report open", "Open the report of a version in the browser, or say where it lies.",
        operands: [.init("MODEL", "NAME, NAME@ALIAS or NAME/VERSION")],
        options: [.config, .json], examples: ["anomalyze report open fraud@champion"]),
      LabCommand.openReport),
  ]

  func evaluate() throws -> ExitCode {
    let configuration = try configuration().reporting(intervals())
    let requirement = try requirement()
    let version = try registry(configuration, access: .readOnly).resolve(values.required("MODEL"))
    let snapshot = try SnapshotCollection(root: configuration.snapshotsFolder).open(
      values.text("--snapshot"))
    let report = try EvaluationStage(configuration: configuration, context: context()).run(
      "\(version.name)/\(version.version)", versionFolder: version.folder, on: snapshot,
      split: split(of: snapshot, configuration, judging: [version.folder]))
    return try finish(
      report, folder: "\(configuration.reportsFolder)/\(version.name)-\(version.version)",
      Self.headlineText(report.metrics), requirement)
  }

  func compare() throws -> ExitCode {
    let configuration = try configuration().reporting(intervals())
    let requirement = try requirement()
    let registry = try registry(configuration, access: .readOnly)
    let versions = try ["A", "B"].map { try registry.resolve(values.required($0)) }
    let names = versions.map { "\($0.name)/\($0.version)" }
    guard names[0] != names[1] else {
      throw UsageError("\(names[0]) is compared with itself; name two versions")
    }
    let snapshot = try SnapshotCollection(root: configuration.snapshotsFolder).open(
      values.text("--snapshot"))
    let report = try CompareStage(configuration: configuration, context: context()).run(
      .init(name: names[0], folder: versions[0].folder),
      with: .init(name: names[1], folder: versions[1].folder), on: snapshot,
      split: split(of: snapshot, configuration, judging: versions.map(\.folder)),
      title: "\(names[0]) against \(names[1])",
      command: "anomalyze compare \(names[0]) \(names[1]) --snapshot "
        + "\(snapshot.manifest.digest.prefix(12))"
        + configuration.evaluation.intervalsArgument)
    let label = versions.map { "\($0.name)-\($0.version)" }.joined(separator: "-vs-")
    return try finish(
      report, folder: "\(configuration.reportsFolder)/\(label)",
      Self.comparisonText(report.metrics), requirement)
  }

  func backtest() throws -> ExitCode {
    let configuration = try configuration().reporting(intervals())
    let requirement = try requirement()
    let name = values.required("NAME")
    guard let model = try configuration.models(named: name).first else {
      preconditionFailure("a name is of one model")
    }
    let names = model.detectorNames
    let detector = values.text("--detector") ?? names[0]
    guard let index = names.firstIndex(of: detector) else {
      throw UsageError(
        "\(name) has no detector \(detector); it has \(names.joined(separator: ", "))")
    }
    let report = try BacktestStage(configuration: configuration, context: context()).run(
      model, detector: index,
      on: SnapshotCollection(root: configuration.snapshotsFolder).open(values.text("--snapshot")),
      weekCount: values.integer("--weeks", in: 1...520) ?? 8)
    return try finish(
      report, folder: "\(configuration.reportsFolder)/\(name)-backtest",
      report.backtest.map(Self.backtestText) ?? "", requirement)
  }

  /// Average precision and fraud caught of each way, a line a week.
  private static func backtestText(_ backtest: Backtest) -> String {
    let heads = backtest.courses.flatMap { ["\($0.name) AP", "caught"] }
    var table = TextTable(
      ["week", "payments", "frauds"] + heads, rightAligned: Set(1..<3 + heads.count))
    for (week, start) in backtest.weekStarts.enumerated() {
      let first = backtest.courses[0].weeks[week]
      table.append(
        [start.dateText, grouped(first.rowCount), grouped(first.fraudCount)]
          + backtest.courses.flatMap { course in
            [course.weeks[week].averagePrecision, course.weeks[week].recall.value].map {
              $0.value.map(fixed) ?? "-"
            }
          })
    }
    return table.text
  }

  func openReport() throws {
    let configuration = try configuration()
    let version = try registry(configuration, access: .readOnly).resolve(values.required("MODEL"))
    let path = "\(version.folder)/report.html"
    _ = try FileSystem.byteCount(of: path)
    let opener = try? Subprocess.locate("xdg-open")
    let isOpened: Bool
    if let opener, Terminal.environment("DISPLAY") ?? Terminal.environment("WAYLAND_DISPLAY") != nil
    {
      let environment = ["HOME", "PATH", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY"].compactMap {
        name in Terminal.environment(name).map { "\(name)=\($0)" }
      }
      let browser = Subprocess(
        path: opener, arguments: [path], environment: environment, secondsAllowed: 20)
      isOpened = (try? browser.run().exitCode) == 0
    } else {
      isOpened = false
    }
    show(
      ["report": .string(path), "opened": .bool(isOpened)],
      isOpened
        ? "opened \(path)\n" : "\(path)\nno browser can be started here; open the file in one\n")
  }

  private func requirement() throws -> MetricRequirement? {
    try values.value(
      "--require", "a condition such as average_precision>=0.3",
      parse: { MetricRequirement(parsing: $0) })
  }

  private func intervals() throws -> EvaluationSettings.Intervals {
    try values.value(
      "--intervals", "bootstrap or closed_form",
      parse: { EvaluationSettings.Intervals(rawValue: $0) }) ?? .bootstrap
  }

  /// The split of a version's evaluation: where its own training ended, unless periods are given.
  private func split(
    of snapshot: Snapshot, _ configuration: LabConfiguration, judging folders: [String]
  ) throws -> TimeSplit {
    var periods = try periods()
    let lineages = try folders.map { try VersionLineage(ofVersionIn: $0) }
    if periods.training == nil {
      // The one that was trained on the latest rows decides which rows are left to judge both.
      periods.training = lineages.map(\.split.training).max { $0.upperBound < $1.upperBound }
    }
    let split = try periods.split(
      of: snapshot, at: now, evaluation: configuration.evaluation)
    for (lineage, folder) in zip(lineages, folders) { try lineage.checkUnseen(split, by: folder) }
    return split
  }

  private func finish(
    _ report: EvaluationReport, folder: String, _ text: String, _ requirement: MetricRequirement?
  ) throws -> ExitCode {
    let folder = values.text("--out") ?? folder
    try report.write(to: folder)
    let metrics = report.metrics
    show(metrics, text + "\(report.verdict.sentence)\nreport: \(folder)/report.html\n")
    guard let requirement, !requirement.isMet(by: metrics) else { return .success }
    Terminal.report("anomalyze: the requirement \(requirement.text) does not hold")
    return .gateRefused
  }

  /// A headline figure with four decimals, or a dash.
  static func figure(_ name: String, _ metrics: JSONValue) -> String {
    metrics["headline"]?[name]?["value"]?.doubleValue.map(fixed) ?? "-"
  }

  /// The headline figures with their intervals, a line each.
  static func headlineText(_ metrics: JSONValue) -> String {
    var table = TextTable(["metric", "value", "interval"], rightAligned: [1])
    for (name, figure) in metrics["headline"]?.objectValue?.members ?? [] {
      table.append([
        name, figure["value"]?.doubleValue.map(fixed) ?? "-", interval(figure),
      ])
    }
    return table.text + rowText(metrics)
  }

  /// The figures of both and their paired differences, a line each.
  private static func comparisonText(_ metrics: JSONValue) -> String {
    let detectors = metrics["detectors"]?.arrayValue ?? []
    let names = detectors.prefix(2).map { $0["name"]?.stringValue ?? "" }
    var table = TextTable(
      ["metric"] + names + ["difference", "interval"], rightAligned: [1, 2, 3])
    for (name, entry) in metrics["comparison"]?.objectValue?.members ?? [] {
      let difference = entry["difference"] ?? .null
      table.append(
        [name]
          + detectors.prefix(2).map {
            $0["headline"]?[name]?["value"]?.doubleValue.map(fixed) ?? "-"
          } + [difference["value"]?.doubleValue.map(fixed) ?? "-", interval(difference)])
    }
    return table.text + rowText(metrics)
  }

  private static func interval(_ figure: JSONValue) -> String {
    let bounds = [figure["lower"], figure["upper"]].compactMap { $0?.doubleValue }
    return bounds.count == 2 ? "\(fixed(bounds[0])) … \(fixed(bounds[1]))" : ""
  }

  private static func rowText(_ metrics: JSONValue) -> String {
    let rows = metrics["rows"]?["count"]?.integerValue ?? 0
    let frauds = metrics["rows"]?["frauds"]?.integerValue ?? 0
    return "test rows: \(grouped(Int(rows))), \(grouped(Int(frauds))) of them fraud\n"
  }
}
