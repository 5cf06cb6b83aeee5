internal import Arguments
internal import JSON
internal import Pipeline
internal import Promotion
internal import Registry
internal import Transactions

extension LabCommand {
  /// Moving aliases.
  static let promotionCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax(
        "promote", "Move an alias to a version, if the gates allow it.",
        operands: [.init("NAME", "name of the model")],
        options: [
          .config, .init("--version", "N", "Version that gets the alias."),
          .init("--to", "ALIAS", "Alias to move.", default: "champion"),
          .init("--reason", "TEXT", "Why, for the audit trail."),
          .expectedSequence,
          .init(switch: "--force", "Move it even if a gate refuses; needs --reason."),
          .init(switch: "--dry-run", "Show the gates and change nothing."), .threads, .json,
        ],
        examples: [
          "anomalyze promote fraud --version 3 --to champion",
          "anomalyze promote fraud --version 3 --expect 41 --dry-run",
        ]),
      LabCommand.promote),
    LabEntry(
      CommandSyntax(
        "rollback", "Give the champion alias back to the version that had it before.",
        operands: [.init("NAME", "name of the model")],
        options: [
          .config, .init("--to", "N", "Version to go back to.", default: "the previous champion"),
          .init("--reason", "TEXT", "Why, for the audit trail."), .expectedSequence, .json,
        ],
        examples: ["anomalyze rollback fraud --reason 'alerts doubled'"]),
      LabCommand.rollBack),
  ]

  func promote() throws -> ExitCode {
    let configuration = try configuration()
    let name = values.required("NAME")
    let alias = values.text("--to") ?? "champion"
    let isForced = values.isOn("--force")
    let reason = values.text("--reason") ?? ""
    if isForced && reason.isEmpty {
      throw UsageError("--force needs --reason TEXT; the audit trail keeps it")
    }
    let registry = try registry(configuration)
    guard let version = try values.integer("--version", in: 1...Int(Int32.max)) else {
      let newest = try registry.versions(of: name).map { String($0.version) }
      throw UsageError(
        "--version is missing; \(name) has the versions \(newest.joined(separator: ", "))")
    }
    let context = try context()
    let outcome = try PromotionStage(configuration: configuration, context: context).run(
      PromotionRequest(
        name: name, version: version, alias: alias, actor: context.actor, reason: reason,
        isForced: isForced, isDryRun: values.isOn("--dry-run"),
        expectedSequence: values.integer("--expect"), at: context.moment), registry: registry)
    let result = outcome.result
    var document = result.json.objectValue ?? [:]
    document["comparison_report"] = outcome.reportFolder.map { .string($0 + "/report.html") }
    document["failed_load"] = outcome.failedLoad.map { .string($0) }
    var text = result.decision.map { $0.table + "\n" } ?? ""
    if let folder = outcome.reportFolder { text += "comparison: \(folder)/report.html\n" }
    let before = result.fromVersion.map { "version \($0)" } ?? "unset"
    switch result.status {
    case .unchanged: text += "\(name)@\(alias) is version \(version) already\n"
    case .promoted, .forced:
      text +=
        outcome.failedLoad.map { "\($0); \(name)@\(alias) is \(before) again\n" }
        ?? "\(name)@\(alias) is version \(version) now, it was \(before)\n"
    case .refused: text += "refused: \(name)@\(alias) stays \(before)\n"
    case .wouldPromote: text += "\(name)@\(alias) would become version \(version)\n"
    case .wouldRefuse: text += "would be refused: \(name)@\(alias) would stay \(before)\n"
    }
    show(.object(document), text)
    if outcome.failedLoad != nil { return .storage }
    return result.isRefused ? .gateRefused : .success
  }

  func rollBack() throws {
    let registry = try registry(configuration())
    let name = values.required("NAME")
    let context = try context()
    let change = try registry.rollBack(
      name, to: values.integer("--to", in: 1...Int(Int32.max)), by: context.actor,
      reason: values.text("--reason") ?? "", expecting: values.integer("--expect"),
      at: context.moment)
    let (from, to) = (change.fromVersion ?? 0, change.version ?? 0)
    show(
      [
        "from": .integer(Int64(from)), "to": .integer(Int64(to)),
        "sequence": .integer(Int64(change.sequence)),
      ], "\(name)@champion is version \(to) again, it was version \(from)\n")
  }
}
