internal import Arguments
internal import JSON
internal import Models
internal import Pipeline
internal import Registry
internal import Terminal
internal import Transactions

extension LabCommand {
  /// The registry as a whole: its audit trail, checksums and catalogue.
  static let registryCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax(
        "audit", "Show who moved which alias when and why; checks the chain.",
        operands: [.init("NAME", "name of the model; all without", isRequired: false)],
        options: [.config, .json]),
      LabCommand.showAudit),
    LabEntry(
      CommandSyntax(
        "registry verify", "Recompute every checksum and golden score of the versions.",
        operands: [.init("MODEL", "one model or version; all without", isRequired: false)],
        options: [.config]),
      LabCommand.verifyRegistry),
    LabEntry(
      CommandSyntax(
        "registry rebuild", "Restore the catalogue from the version folders.", options: [.config]),
      LabCommand.rebuildRegistry),
  ]

  func showAudit() throws {
    let registry = try registry(configuration(), access: .readOnly)
    let rows = try registry.audit(of: values.text("NAME"))
    let checked = try registry.verifyAudit()
    var table = TextTable(
      ["number", "moment", "actor", "action", "what", "reason"], rightAligned: [0])
    for row in rows {
      let version = row.version.map { "/\($0)" } ?? ""
      let alias = row.alias.map { " @\($0)" } ?? ""
      table.append([
        String(row.sequence), row.moment.description, row.actor, row.action.rawValue,
        "\(row.model)\(version)\(alias)", row.reason,
      ])
    }
    show(
      .array(rows.map(\.json)), table.text + "the chain of all \(checked) rows is intact\n")
  }

  func verifyRegistry() throws -> ExitCode {
    let registry = try registry(configuration(), access: .readOnly)
    let reference = try values.text("MODEL").map { try ModelReference(parsing: $0) }
    let verification = try registry.verify(reference?.name)
    for finding in verification.findings {
      let version = finding.version.map { "/\($0)" } ?? ""
      Terminal.report("\(finding.model)\(version): \(finding.problem)")
    }
    guard verification.isIntact else {
      Terminal.report(
        "anomalyze: the registry is not as it was written; restore what is named above from a backup"
      )
      return .storage
    }
    var modelCount = 0
    for model in try registry.models() where reference == nil || model.name == reference?.name {
      for version in try registry.versions(of: model.name) {
        // Reading a model compares its golden scores.
        _ = try ScoringModel(
          loadingFrom: registry.layout.versionFolder(model.name, version.version))
        modelCount += 1
      }
    }
    Terminal.print(
      "\(verification.versionCount) versions, \(grouped(verification.byteCount)) bytes: "
        + "checksums, audit and the golden scores of \(modelCount) models are right\n")
    return .success
  }

  func rebuildRegistry() throws {
    let configuration = try configuration()
    _ = try Registry.rebuild(root: configuration.registryFolder, by: context().actor, at: now)
    let registry = try registry(configuration, access: .readOnly)
    let models = try registry.models()
    let versionCount = models.reduce(0) { $0 + $1.versionCount }
    Terminal.print(
      "the catalogue of \(configuration.registryFolder) has \(models.count) models and "
        + "\(versionCount) versions again\n")
  }
}
