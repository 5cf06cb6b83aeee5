/// What a per-series model says about one value.
public struct SeriesPrediction: Equatable, Sendable {
  /// Whether the value lies strictly outside the band, on a side that counts.
  public let isAnomaly: Bool
  /// Standard deviations from the expected value, at most `maximumScore`; the higher, the more anomalous.
  ///
  /// With `both` sides the sign is dropped, with `lower` it is turned round, so the score of a harmless side is negative.
  public let score: Double
  /// The share of normal points with a lower score, 0 ... 1, by Student's t distribution.
  public let probability: Double
  /// What the model expected.
  public let expectedValue: Double
  /// The lower end of the band.
  public let lower: Double
  /// The upper end of the band.
  public let upper: Double
  /// One sentence with the numbers behind the decision.
  public let explanation: String

  /// The score of a value that differs from a series that never moved, and the cap of every score.
  public static let maximumScore = 1e9
}
