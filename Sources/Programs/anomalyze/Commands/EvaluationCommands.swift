internal import Arguments
internal import Evaluation
internal import Ingestion
internal import JSON
internal import Pipeline
internal import Registry
internal import Terminal

extension LabCommand {
  /// Judging versions.
  static let evaluationCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax(
        "evaluate", "Evaluate a version on a snapshot and write a report.",
        operands: [.init("MODEL", "NAME, NAME@ALIAS or NAME/VERSION")],
        options: [.config, .snapshot, .threads] + CommandSyntax.Option.periods + [
          .init("--out", "FOLDER", "Where the report goes.", default: "var/reports/NAME-VERSION"),
          .init(
            "--require", "CONDITION",
            "End with code 5 unless it holds, such as average_precision>=0.3."), .json,
        ],
        examples: ["anomalyze evaluate fraud@champion --require 'average_precision>=0.3'"]),
      LabCommand.evaluate)
  ]

  func evaluate() throws -> ExitCode {
    let configuration = try configuration()
    let requirement = try values.value(
      "--require", "a condition such as average_precision>=0.3",
      parse: { MetricRequirement(parsing: $0) })
    let version = try registry(configuration, access: .readOnly).resolve(values.required("MODEL"))
    let snapshot = try SnapshotCollection(root: configuration.snapshotsFolder).open(
      values.text("--snapshot"))
    let report = try EvaluationStage(configuration: configuration, context: context()).run(
      "\(version.name)/\(version.version)", versionFolder: version.folder, on: snapshot,
      split: split(of: snapshot, configuration))
    let folder =
      values.text("--out")
      ?? "\(configuration.reportsFolder)/\(version.name)-\(version.version)"
    try report.write(to: folder)
    let metrics = report.metrics
    show(metrics, Self.headlineText(metrics) + "report: \(folder)/report.html\n")
    guard let requirement else { return .success }
    let isMet = requirement.isMet(by: metrics)
    if !isMet { Terminal.report("anomalyze: the requirement \(requirement.text) does not hold") }
    return isMet ? .success : .gateRefused
  }

  /// A headline figure with four decimals, or a dash.
  static func figure(_ name: String, _ metrics: JSONValue) -> String {
    metrics["headline"]?[name]?["value"]?.doubleValue.map(fixed) ?? "-"
  }

  /// The headline figures with their intervals, a line each.
  static func headlineText(_ metrics: JSONValue) -> String {
    var table = TextTable(["metric", "value", "interval"], rightAligned: [1])
    for (name, figure) in metrics["headline"]?.objectValue?.members ?? [] {
      let bounds = [figure["lower"], figure["upper"]].compactMap { $0?.doubleValue }
      table.append([
        name, figure["value"]?.doubleValue.map(fixed) ?? "-",
        bounds.count == 2 ? "\(fixed(bounds[0])) … \(fixed(bounds[1]))" : "",
      ])
    }
    let rows = metrics["rows"]?["count"]?.integerValue ?? 0
    let frauds = metrics["rows"]?["frauds"]?.integerValue ?? 0
    return table.text + "test rows: \(grouped(Int(rows))), \(grouped(Int(frauds))) of them fraud\n"
  }
}
