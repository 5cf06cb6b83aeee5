public import Evaluation
public import Models
public import SeriesStorage
internal import Training
public import Transactions

/// How the points of a series are judged.
public enum SeriesScoring: Sendable {
  /// Each by the points before it, without a fit; clocks of a zone tell the hours.
  case adaptive(AdaptiveParameters, CalendarZone)
  /// By the band of the model that the store has.
  case stored(SeriesStore)

  /// Judges a series.
  ///
  /// - Returns: `nil` when the store has no model of it.
  /// - Throws: `ThreeSigmaError` with the index of the first point at fault, `TrainingError`, `SeriesStoreError`.
  public func scores(of series: TimeSeries, id: String) throws -> SeriesScores? {
    switch self {
    case .adaptive(let parameters, let zone):
      try ThreeSigmaModel.check(
        timestamps: series.timestamps, values: series.values, minimumPointCount: 1)
      var detector = AdaptiveDetector(parameters: parameters, zone: zone)
      let verdicts = zip(series.timestamps, series.values).map { detector.judge($1, at: $0) }
      let shapes = try LagHotelling().scores(
        series.values, warmUpCount: max(parameters.warmUpCount, 2))
      return SeriesScores(
        scores: verdicts.map(\.score), probabilities: verdicts.map(\.probability),
        isFlagged: verdicts.map(\.isAlert), episodeScores: shapes, band: nil,
        threshold: parameters.threshold, episodeCount: verdicts.count { $0.isAlert })
    case .stored(let store):
      let model: ThreeSigmaModel
      do throws(SeriesStoreError) {
        model = try store.version(of: id).model
      } catch {
        guard case .seriesNotFound = error else { throw error }
        return nil
      }
      let assessment = try model.assess(timestamps: series.timestamps, values: series.values)
      return SeriesScores(
        scores: assessment.scores, probabilities: assessment.probabilities,
        isFlagged: assessment.isAnomaly, episodeScores: nil,
        band: SeriesChart.Band(
          expected: assessment.expectedValues, lower: assessment.lower, upper: assessment.upper),
        threshold: model.effectiveThreshold, episodeCount: assessment.episodes.count)
    }
  }
}

/// What is said about each point of a series: one element a point in each list.
public struct SeriesScores: Sendable {
  /// How anomalous each point is by itself.
  public let scores: [Double]
  /// The share of normal or earlier points with a lower score.
  public let probabilities: [Double]
  /// Whether the point raises an alert (adaptive) or lies outside the band (stored).
  public let isFlagged: [Bool]
  /// How unusual the shape is that ends at each point (Hotelling's T² in lag space); adaptive only.
  public let episodeScores: [Double]?
  /// What was expected, and how far normal values stray; stored only.
  public let band: SeriesChart.Band?
  /// The score that a flag needs.
  public let threshold: Double
  /// How many alerts there are, one an episode.
  public let episodeCount: Int

  /// The names of the columns of `csv`.
  public static let csvHeader =
    "series_id,time,value,score,probability,flagged,episode_score,expected,lower,upper\n"

  /// A line for each point; what the method does not know is empty.
  public func csv(id: String, series: TimeSeries) -> String {
    let name = SeriesFindings.csvCell(id)
    var text = ""
    for index in series.values.indices {
      let shape = episodeScores.map { "\($0[index])" } ?? ""
      let range = band.map { "\($0.expected[index]),\($0.lower[index]),\($0.upper[index])" } ?? ",,"
      text += "\(name),\(series.timestamps[index]),\(series.values[index]),\(scores[index]),"
      text += "\(probabilities[index]),\(isFlagged[index]),\(shape),\(range)\n"
    }
    return text
  }

  /// The series with its band, or with its scores below.
  public func chart(title: String, series: TimeSeries) -> SeriesChart {
    SeriesChart(
      title: title, series: series, flagged: isFlagged.indices.filter { isFlagged[$0] },
      band: band, scores: band == nil ? (scores, threshold) : nil)
  }
}
