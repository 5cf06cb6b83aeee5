internal import Evaluation
internal import Features
internal import Ingestion
internal import Models
internal import Tabular

extension TrainingStage {
  /// How many test rows a canary is judged on at most.
  private static let canaryRowLimit = 200_000

  /// What detectors would seem to be worth if labels were known at once, on some of the test rows.
  struct LeakedFigures {
    let ids: [String]
    let labels: [Bool]
    /// One a detector.
    let averagePrecisions: [MetricValue]
  }

  /// Fits the detectors of `model` to features that know every label at once; `nil` when no feature reads labels.
  ///
  /// It needs tables of its own, which are gone when it returns: call it before there are others.
  func leakedFigures(
    _ model: LabConfiguration.Model, _ snapshot: Snapshot, _ split: TimeSplit
  ) throws -> LeakedFigures? {
    guard let features = configuration.features.ignoringLabelDelay else { return nil }
    let leaking = try FeatureTables(
      of: snapshot, features: features, rules: configuration.rules,
      split: TimeSplit(training: split.training, delay: split.delay, test: split.test),
      segment: configuration.segment,
      dropsKnownCompromised: configuration.evaluation.dropsKnownCompromised,
      limits: .init(
        training: configuration.evaluation.trainingRowLimit, test: Self.canaryRowLimit),
      knowsLabelsAtOnce: true)
    let labels = leaking.testRows.labels
    return LeakedFigures(
      ids: leaking.testRows.ids, labels: labels,
      averagePrecisions: try model.detectors.map { detector in
        let (fitted, _, _) = try detector.fit(
          leaking.training, featureNames: features.names, rowKeys: leaking.trainingKeys,
          labels: leaking.trainingLabels, threadCount: context.threadCount)
        return try RankingMetrics.averagePrecision(
          scores: fitted.scores(of: leaking.test, threadCount: context.threadCount),
          labels: labels)
      })
  }

  /// Holds what each candidate is worth against what it would seem to be worth, on the same rows.
  func leakCanaries(
    of candidates: [Candidate], _ leaked: LeakedFigures?, _ tables: FeatureTables
  ) throws -> [LeakCanary]? {
    guard let leaked else { return nil }
    let judged = tables.testRows.positions(of: leaked.ids)
    return try zip(candidates, leaked.averagePrecisions).map { candidate, leaking in
      LeakCanary(
        averagePrecision: try RankingMetrics.averagePrecision(
          scores: judged.map { candidate.testScores[$0] }, labels: leaked.labels),
        leaking: leaking)
    }
  }
}
