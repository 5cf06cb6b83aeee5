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
        "models list", "List models with their newest versions and aliases.",
        operands: [.init("NAME", "name of the model; all without", isRequired: false)],
        options: [
          .config, .init("--newest", "N", "How many versions of each model.", default: "20"), .json,
        ],
        examples: ["anomalyze models list fraud --newest 5"]),
      LabCommand.listModels),
    LabEntry(
      CommandSyntax(
        "models show", "Show a version: figures, data, parameters, files.",
        operands: [.init("MODEL", "NAME, NAME@ALIAS or NAME/VERSION")], options: [.config, .json],
        examples: ["anomalyze models show fraud@champion"]),
      LabCommand.showModel),
  ]

  func listModels() throws {
    let newest = try values.integer("--newest", in: 1...Int(Int32.max)) ?? 20
    let registry = try registry(configuration(), access: .readOnly)
    let name = values.text("NAME")
    if let name { _ = try registry.aliases(of: name) }
    var table = versionTable()
    var documents: [JSONValue] = []
    var hiddenCount = 0
    for model in try registry.models() where name == nil || model.name == name {
      let versions = try registry.versions(of: model.name, newest: newest)
      var rows: [JSONValue] = []
      for version in versions {
        let metrics = try Self.metrics(registry.layout.versionFolder(model.name, version.version))
        append(version, metrics, model.aliases, to: &table)
        rows.append(Self.document(of: version, metrics))
      }
      hiddenCount += model.versionCount - versions.count
      var document = model.json.objectValue ?? [:]
      document["versions"] = .array(rows)
      documents.append(.object(document))
    }
    let rest = hiddenCount > 0 ? "and \(grouped(hiddenCount)) older; --newest N shows more\n" : ""
    show(
      .array(documents),
      documents.isEmpty ? "no models yet; make one with anomalyze retrain\n" : table.text + rest)
  }

  func versionTable() -> TextTable {
    TextTable(
      ["version", "detector", "AUROC", "AP", "aliases", "created", "by"], rightAligned: [2, 3])
  }

  func append(
    _ version: RegisteredVersion, _ metrics: JSONValue, _ aliases: [RegisteredAlias],
    to table: inout TextTable
  ) {
    let names = aliases.filter { $0.version == version.version }.map(\.alias)
    table.append([
      "\(version.model)/\(version.version)", version.tags["detector"] ?? "-",
      Self.figure("area_under_roc", metrics), Self.figure("average_precision", metrics),
      names.joined(separator: " "), version.createdAt.description, version.createdBy,
    ])
  }

  /// The record of a version with its headline figures.
  static func document(of version: RegisteredVersion, _ metrics: JSONValue) -> JSONValue {
    var document = version.json.objectValue ?? [:]
    document["headline"] = metrics["headline"] ?? .null
    return .object(document)
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
    let approvals = try registry.approvals(of: resolved.name, resolved.version)
    let tags = version.tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let approvers = Set(approvals.map(\.actor)).sorted().joined(separator: ", ")
    let text = """
      \(resolved.name)/\(resolved.version)  \(aliases.joined(separator: " "))
      digest    \(resolved.digest)
      created   \(version.createdAt) by \(version.createdBy)
      approved  \(approvers.isEmpty ? "by nobody" : "by \(approvers)")
      tags      \(tags.joined(separator: " "))
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
        "approvals": .array(approvals.map(\.json)),
      ], text)
  }

  /// The figures of a version; an unreadable file shows as none, so that a list always comes.
  static func metrics(_ folder: String) throws -> JSONValue {
    (try? JSONValue(parsing: FileSystem.read(folder + "/metrics.json"))) ?? [:]
  }
}
