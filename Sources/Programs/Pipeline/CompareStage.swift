public import Evaluation
public import Ingestion
internal import Models
internal import Transactions

/// Judges two versions on the same rows.
public struct CompareStage: Sendable {
  let configuration: LabConfiguration
  let context: RunContext

  /// Makes the stage.
  public init(configuration: LabConfiguration, context: RunContext) {
    self.configuration = configuration
    self.context = context
  }

  /// A version under the name that the report gives it.
  public struct Side: Sendable {
    let name: String
    let folder: String

    /// Names the version in `folder`.
    public init(name: String, folder: String) {
      self.name = name
      self.folder = folder
    }
  }

  /// A report on `own` with `other` as the champion that it is compared with.
  ///
  /// Each version reads its own features, all computed from the same transactions.
  ///
  /// - Throws: `EvaluationError.invalidSplit` when the test holds rows that `own` was trained on.
  public func run(
    _ own: Side, with other: Side, on snapshot: Snapshot, split: TimeSplit, title: String,
    command: String
  ) throws -> EvaluationReport {
    let stage = EvaluationStage(configuration: configuration, context: context)
    let sides = try [own, other].map { side in
      (
        model: try ScoringModel(loadingFrom: side.folder),
        lineage: try VersionLineage(ofVersionIn: side.folder)
      )
    }
    try sides[0].lineage.checkUnseen(split, by: own.name)
    let (model, rival) = (sides[0].model, sides[1].model)
    let ownTables = try stage.tables(
      of: snapshot, for: model, split: split, sides[0].lineage.segment)
    let otherTables =
      rival.features == model.features
      ? ownTables
      : try stage.tables(
        of: snapshot, for: rival, split: split, sides[0].lineage.segment)
    let subjects = try zip([own, other], zip(sides, [ownTables, otherTables])).map { side, pair in
      EvaluationStage.Subject(
        name: side.name, role: side.name == own.name ? .candidate : .champion,
        model: pair.0.model, parameters: pair.0.lineage.detector,
        scores: try PeriodScores(
          of: pair.1, by: pair.0.model.detector, threadCount: context.threadCount))
    }
    return try stage.report(
      title: title, ownTables, subjects: subjects,
      lineage: stage.lineage(of: snapshot, split: split, detector: sides[0].lineage.detector),
      command: command)
  }
}

extension VersionLineage {
  /// Checks that no row of the test was among those that trained the version.
  ///
  /// - Throws: `EvaluationError.invalidSplit`.
  public func checkUnseen(_ split: TimeSplit, by name: String) throws(EvaluationError) {
    guard split.test.lowerBound < self.split.training.upperBound else { return }
    throw .invalidSplit(
      reason:
        "the test starts \(split.test.lowerBound.description), but \(name) was trained on rows up "
        + "to \(self.split.training.upperBound.description); give a later --test")
  }
}
