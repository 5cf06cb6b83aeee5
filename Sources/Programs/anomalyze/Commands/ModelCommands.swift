internal import Arguments
internal import Evaluation
internal import Files
internal import JSON
internal import Pipeline
internal import Promotion
internal import Registry
internal import Terminal
internal import Transactions

extension LabCommand {
  /// Looking at versions.
  static let modelCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax(
        "models list", "List models with versions and aliases.", options: [.config, .json]),
      LabCommand.listModels),
    LabEntry(
      CommandSyntax(
        "models show", "Show a version: figures, data, parameters, files.",
        operands: [.init("MODEL", "NAME, NAME@ALIAS or NAME/VERSION")], options: [.config, .json],
        examples: ["anomalyze models show fraud@champion"]),
      LabCommand.showModel),
  ]

  func listModels() throws {
    let registry = try registry(configuration(), access: .readOnly)
    var table = TextTable(
      ["version", "detector", "AUROC", "AP", "aliases", "created", "by"], rightAligned: [2, 3])
    var documents: [JSONValue] = []
    for model in try registry.models() {
      for version in try registry.versions(of: model.name) {
        let metrics = try Self.metrics(registry.layout.versionFolder(model.name, version.version))
        let aliases = model.aliases.filter { $0.version == version.version }.map(\.alias)
        table.append([
          "\(model.name)/\(version.version)", version.tags["detector"] ?? "-",
          Self.figure("area_under_roc", metrics), Self.figure("average_precision", metrics),
          aliases.joined(separator: " "), version.createdAt.description, version.createdBy,
        ])
      }
      documents.append(model.json)
    }
    show(
      .array(documents),
      documents.isEmpty ? "no models yet; make one with anomalyze retrain\n" : table.text)
  }

  func showModel() throws {
    let registry = try registry(configuration(), access: .readOnly)
    let resolved = try registry.resolve(values.required("MODEL"))
    let version = try registry.version(resolved.name, resolved.version)
    let metrics = try Self.metrics(resolved.folder)
    let lineage = try VersionLineage(ofVersionIn: resolved.folder)
    let aliases = try registry.aliases(of: resolved.name).filter {
      $0.version == resolved.version
    }.map(\.alias)
    let decisions = try registry.decisions(of: resolved.name, resolved.version)
    let text = """
      \(resolved.name)/\(resolved.version)  \(aliases.joined(separator: " "))
      digest    \(resolved.digest)
      created   \(version.createdAt) by \(version.createdBy)
      folder    \(resolved.folder)
      report    \(resolved.folder)/report.html
      snapshot  \(lineage.snapshotDigest)
      training  \(lineage.split.training.lowerBound.dateText)..\(lineage.split.training.upperBound.dateText)
      test      \(lineage.split.test.lowerBound.dateText)..\(lineage.split.test.upperBound.dateText), \
      labels \(lineage.split.delay) late
      detector  \(lineage.detector.text())

      \(Self.headlineText(metrics))
      """
    show(
      [
        "version": version.json, "aliases": .array(aliases.map { .string($0) }),
        "lineage": lineage.json, "metrics": metrics, "decisions": .array(decisions),
      ], text)
  }

  /// The figures of a version; an unreadable file shows as none, so that a list always comes.
  static func metrics(_ folder: String) throws -> JSONValue {
    (try? JSONValue(parsing: FileSystem.read(folder + "/metrics.json"))) ?? [:]
  }
}
