internal import Evaluation
internal import Models
internal import Tabular
internal import Training
internal import Transactions

/// A way to give every point of a series a score, with the past of the point as its only knowledge.
struct SeriesDetector: Sendable {
  let name: String
  let scores: @Sendable (_ series: TimeSeries, _ index: Int, _ warmUpCount: Int) throws -> [Double]
}

extension SeriesDetector {
  /// What alarms: the score of the adaptive detector where it is an alert's.
  static let adaptiveAlerts = SeriesDetector(name: "anomalyze, adaptive") { series, _, warmUp in
    try adaptiveVerdicts(series, warmUp).map(\.alertScore)
  }

  /// The adaptive detector's score of every point.
  static let adaptiveScores = SeriesDetector(name: "anomalyze, point score") { series, _, warmUp in
    try adaptiveVerdicts(series, warmUp).map(\.score)
  }

  private static func adaptiveVerdicts(
    _ series: TimeSeries, _ warmUp: Int
  ) throws -> [AdaptiveVerdict] {
    var detector = AdaptiveDetector(parameters: try AdaptiveParameters(warmUpCount: warmUp))
    return zip(series.timestamps, series.values).map { detector.judge($1, at: $0) }
  }

  /// The episode score.
  static let lagHotelling = SeriesDetector(name: "anomalyze, episode score") { series, _, warmUp in
    try LagHotelling().scores(series.values, warmUpCount: warmUp)
  }

  /// Mean and standard deviation of the warm-up, both sides: the rule that the model is named after.
  static let plainSigma = SeriesDetector(name: "3-sigma, fitted once") { series, _, warmUp in
    let parameters = try ThreeSigmaParameters(sides: .both)
    let model = try ThreeSigmaModel.fit(
      timestamps: (0..<warmUp).map { Timestamp(seconds: Int64($0)) },
      values: Array(series.values[..<warmUp]), parameters: parameters)
    let later = (0..<series.values.count).map { Timestamp(seconds: Int64(warmUp + $0)) }
    return try model.assess(timestamps: later, values: series.values).scores
  }

  /// Mean and standard deviation of all points before, which is how the rule is usually kept up to date.
  static let expandingSigma = SeriesDetector(name: "3-sigma, expanding") { series, _, _ in
    expandingDeviations(series.values)
  }

  /// The same with one alert an episode.
  static let expandingSigmaAlerts = SeriesDetector(
    name: "3-sigma, expanding, one alert an episode"
  ) { series, _, warmUp in
    let deviations = expandingDeviations(series.values)
    return deviations.indices.map { index in
      let recent = deviations[max(0, index - warmUp / 2)..<index]
      return deviations[index] > recent.max() ?? -1 ? deviations[index] : 0
    }
  }

  private static func expandingDeviations(_ values: [Double]) -> [Double] {
    var (mean, squares) = (0.0, 0.0)
    return values.enumerated().map { index, value in
      let deviation = (squares / Double(max(index, 1))).squareRoot()
      let score = index >= 5 && deviation > 0 ? (value - mean).magnitude / deviation : 0
      let difference = value - mean
      mean += difference / Double(index + 1)
      squares += difference * (value - mean)
      return score
    }
  }

  /// Alarms every 600 rows without reading the series.
  static let clock = SeriesDetector(name: "a clock") { series, _, warmUp in
    series.values.indices.map { $0 >= warmUp && ($0 - warmUp).isMultiple(of: 600) ? 1 : 0 }
  }

  /// Uniform noise.
  static let random = SeriesDetector(name: "random") { series, index, _ in
    var generator = SeededGenerator(seed: 1, stream: UInt64(index))
    return series.values.map { _ in generator.uniform(0, 1) }
  }

  /// The scores of all series, in their order.
  func scores(of corpus: NumentaCorpus, threadCount: Int) throws -> [[Double]] {
    let entries = corpus.entries
    return try BlockParallel.map(
      count: entries.count, blockSize: 1, threadCount: threadCount
    ) { block in
      let entry = entries[block.lowerBound]
      return try scores(entry.series, block.lowerBound, entry.truth.probationCount)
    }
  }
}
