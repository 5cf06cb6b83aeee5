internal import Evaluation
internal import Models

/// A detector's scores of every period of a split.
struct PeriodScores: Sendable {
  let training: [Double]
  let validation: [Double]
  let test: [Double]

  init(of tables: FeatureTables, by detector: any AnomalyDetector, threadCount: Int) throws {
    training = try detector.scores(of: tables.training, threadCount: threadCount)
    validation =
      tables.validationRows.count == 0
      ? [] : try detector.scores(of: tables.validation, threadCount: threadCount)
    test = try detector.scores(of: tables.test, threadCount: threadCount)
  }
}
