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
        "registry verify",
        "Recompute every checksum, golden score, signature and the chain of the audit.",
        operands: [.init("NAME", "one model; all without", isRequired: false)],
        options: [.config, .json], examples: ["anomalyze registry verify --json"]),
      LabCommand.verifyRegistry),
    LabEntry(
      CommandSyntax(
        "registry rebuild", "Restore the catalogue from the version folders and the audit's copy.",
        options: [.config, .json], examples: ["anomalyze registry rebuild"]),
      LabCommand.rebuildRegistry),
  ]

  func verifyRegistry() throws -> ExitCode {
    let configuration = try configuration()
    let registry = try registry(configuration, access: .readOnly)
    let name = values.text("NAME")
    let verification = try registry.verify(name)
    var problems = verification.findings.map { finding in
      finding.model + (finding.version.map { "/\($0)" } ?? "") + ": \(finding.problem)"
    }
    var modelCount = 0
    for model in try registry.models() where name == nil || model.name == name {
      for version in try registry.versions(of: model.name) {
        do {
          // Reading a model compares its golden scores.
          _ = try ScoringModel(
            loadingFrom: registry.layout.versionFolder(model.name, version.version))
          modelCount += 1
        } catch {
          problems.append("\(model.name)/\(version.version): \(error)")
        }
      }
      if let policy = configuration.signatures {
        problems += try signatureProblems(of: model, policy, registry)
      }
    }
    var document = verification.json.objectValue ?? [:]
    document["intact"] = .bool(problems.isEmpty)
    document["loadable_models"] = .integer(Int64(modelCount))
    document["problems"] = .array(problems.map { .string($0) })
    show(
      .object(document),
      problems.isEmpty
        ? "\(verification.versionCount) versions, \(grouped(verification.byteCount)) bytes: "
          + "checksums, audit and the golden scores of \(modelCount) models are right\n" : "")
    guard !problems.isEmpty else { return .success }
    for problem in problems { Terminal.report(problem) }
    Terminal.report(
      "anomalyze: the registry is not as it was written; restore what is named above from a backup")
    return .storage
  }

  /// What is wrong with the signatures of a model: those that do not hold, and, where one is required, those that an alias
  /// needs and that are missing.
  private func signatureProblems(
    of model: RegisteredModel, _ policy: SignaturePolicy, _ registry: borrowing Registry
  ) throws -> [String] {
    let key = try policy.key()
    let aliased = Set(model.aliases.map(\.version))
    return try registry.versions(of: model.name).compactMap { version in
      switch try registry.signatureStatus(of: model.name, version.version, key: key) {
      case .valid: nil
      case .invalid(let reason): "\(model.name)/\(version.version): its signature: \(reason)"
      case .missing:
        policy.isRequired && aliased.contains(version.version)
          ? "\(model.name)/\(version.version): an alias stands for it and it is not signed" : nil
      }
    }
  }

  func rebuildRegistry() throws {
    let configuration = try configuration()
    let summary = try Registry.rebuild(
      root: configuration.registryFolder, by: context().actor, at: now)
    let registry = try registry(configuration, access: .readOnly)
    let models = try registry.models()
    let versionCount = models.reduce(0) { $0 + $1.versionCount }
    var text =
      "the catalogue of \(configuration.registryFolder) has \(models.count) models and "
      + "\(versionCount) versions again\n"
    for (title, list) in [
      ("taken in", summary.adopted), ("damaged", summary.damaged), ("left out", summary.unusable),
    ] where !list.isEmpty {
      text += "\(title): \(list.joined(separator: "; "))\n"
    }
    show(summary.json, text)
  }
}
