internal import Evaluation
internal import Features
internal import Ingestion
internal import Models
internal import Tabular

extension TrainingStage {
  /// What each candidate would seem to be worth if labels were known at once; `nil` when no feature reads labels.
  func leakCanaries(
    of candidates: [Candidate], _ snapshot: Snapshot, _ split: TimeSplit, _ tables: FeatureTables
  ) throws -> [LeakCanary]? {
    guard let features = configuration.features.ignoringLabelDelay else { return nil }
    let leaking = try FeatureTables(
      of: snapshot, features: features, rules: configuration.rules, split: split,
      dropsKnownCompromised: configuration.evaluation.dropsKnownCompromised,
      knowsLabelsAtOnce: true)
    let labels = tables.testRows.labels
    return try candidates.map { candidate in
      let (fitted, _, _) = try candidate.configuration.fit(
        leaking.training, featureNames: features.names, rowKeys: leaking.trainingKeys,
        labels: leaking.trainingLabels,
        threadCount: context.threadCount)
      let scores = try fitted.scores(of: leaking.test, threadCount: context.threadCount)
      return LeakCanary(
        averagePrecision: try RankingMetrics.averagePrecision(
          scores: candidate.testScores, labels: labels),
        leaking: try RankingMetrics.averagePrecision(scores: scores, labels: labels))
    }
  }
}
