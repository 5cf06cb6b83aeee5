internal import Arguments
internal import JSON
internal import Pipeline
internal import Registry
internal import Terminal

extension LabCommand {
  /// Making a version again.
  static let reproductionCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax(
        "reproduce", "Train a version again from its stored snapshot and compare every byte.",
        operands: [.init("MODEL", "NAME, NAME@ALIAS or NAME/VERSION")],
        options: [.config, .threads, .json], examples: ["anomalyze reproduce fraud@champion"]),
      LabCommand.reproduce)
  ]

  func reproduce() throws -> ExitCode {
    let configuration = try configuration()
    let version = try registry(configuration, access: .readOnly).resolve(values.required("MODEL"))
    let outcome = try ReproductionStage(configuration: configuration, context: context()).run(
      version)
    show(
      outcome.json,
      outcome.isReproduced
        ? "\(outcome.reference) is reproduced from snapshot \(outcome.snapshotDigest.prefix(12)): "
          + "the digest is \(outcome.digest) again\n"
        : "\(outcome.reference) came out otherwise: \(outcome.differences.joined(separator: ", "))\n"
    )
    if outcome.isReproduced { return .success }
    Terminal.report(
      "anomalyze: \(outcome.reference) was made by version \(outcome.codeVersion) of the program, "
        + "this is \(LabSyntax.version)")
    return .storage
  }
}
