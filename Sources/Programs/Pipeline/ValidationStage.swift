public import Ingestion
public import Transactions

/// Holds a snapshot against what the configuration expects of it, before anything is trained on it.
public struct ValidationStage: Sendable {
  let configuration: LabConfiguration
  let moment: Timestamp

  /// Makes the stage; `moment` is the present, for the freshness.
  public init(configuration: LabConfiguration, moment: Timestamp) {
    self.configuration = configuration
    self.moment = moment
  }

  /// A finding for each expectation; earlier snapshots of the same source are what the volume is compared with.
  public func report(on snapshot: Snapshot) throws -> ValidationReport {
    try ValidationReport(
      configuration.validation, of: snapshot,
      history: SnapshotCollection(root: configuration.snapshotsFolder).history(before: snapshot),
      now: moment)
  }

  /// Tells every failed expectation of severity `warning` to `warn`.
  ///
  /// - Throws: `IngestionError.validationFailed` when one of severity `error` failed.
  @discardableResult
  public func run(_ snapshot: Snapshot, warn: (String) -> Void) throws -> ValidationReport {
    let report = try report(on: snapshot)
    for text in report.failures(.warning) { warn("warning: \(text)") }
    try report.requirePassed()
    return report
  }
}
