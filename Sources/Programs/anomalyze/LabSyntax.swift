internal import Arguments

/// The program with all its commands.
enum LabSyntax {
  static let version = "0.1.0"

  /// Every command, in the order in which the help lists them; one group lives in one file of `Commands`.
  static let entries: [LabEntry] = [
    LabCommand.storeCommands,
    LabCommand.pullCommands,
    LabCommand.snapshotCommands,
    LabCommand.featureCommands,
    LabCommand.trainingCommands,
    LabCommand.jobCommands,
    LabCommand.backfillCommands,
    LabCommand.seriesCommands,
    LabCommand.evaluationCommands,
    LabCommand.modelCommands,
    LabCommand.promotionCommands,
    LabCommand.approvalCommands,
    LabCommand.versionCommands,
    LabCommand.reproductionCommands,
    LabCommand.transferCommands,
    LabCommand.auditCommands,
    LabCommand.registryCommands,
    LabCommand.tableCommands,
    LabCommand.shardCommands,
    LabCommand.explainCommands,
    LabCommand.exportCommands,
  ].flatMap { $0 }

  static let program = ProgramSyntax(
    "anomalyze", version: version,
    "Anomalyze: train anomaly detectors on transactions, prove how good they are, promote the better one.",
    commands: entries.map(\.syntax))

  /// Runs the command that the values were parsed for.
  static func run(_ values: ArgumentValues) throws -> ExitCode {
    guard let entry = entries.first(where: { $0.syntax.name == values.commandName }) else {
      preconditionFailure("values of \(values.commandName) come from none of the entries")
    }
    return try entry.run(LabCommand(values: values))
  }
}
