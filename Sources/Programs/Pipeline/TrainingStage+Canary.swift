internal import Evaluation
internal import Features
internal import Ingestion
internal import Models
internal import Tabular

extension TrainingStage {
  /// How many test rows a canary is judged on at most.
  private static let canaryRowLimit = 200_000

  /// What each candidate would seem to be worth if labels were known at once; `nil` when no feature reads labels.
  func leakCanaries(
    of candidates: [Candidate], _ snapshot: Snapshot, _ split: TimeSplit, _ tables: FeatureTables
  ) throws -> [LeakCanary]? {
    guard let features = configuration.features.ignoringLabelDelay else { return nil }
    let leaking = try FeatureTables(
      of: snapshot, features: features, rules: configuration.rules, split: split,
      segment: configuration.segment,
      dropsKnownCompromised: configuration.evaluation.dropsKnownCompromised,
      limits: .init(
        training: configuration.evaluation.trainingRowLimit, test: Self.canaryRowLimit),
      knowsLabelsAtOnce: true)
    let labels = leaking.testRows.labels
    let judged = tables.testRows.positions(of: leaking.testRows.ids)
    return try candidates.map { candidate in
      let (fitted, _, _) = try candidate.configuration.fit(
        leaking.training, featureNames: features.names, rowKeys: leaking.trainingKeys,
        labels: leaking.trainingLabels,
        threadCount: context.threadCount)
      let scores = try fitted.scores(of: leaking.test, threadCount: context.threadCount)
      return LeakCanary(
        averagePrecision: try RankingMetrics.averagePrecision(
          scores: judged.map { candidate.testScores[$0] }, labels: labels),
        leaking: try RankingMetrics.averagePrecision(scores: scores, labels: labels))
    }
  }
}
