public import JSON
internal import Transactions

/// What a per-series model says about one value.
public struct SeriesPrediction: Equatable, Sendable {
  /// Whether the value lies strictly outside the band, on a side that counts.
  public var isAnomaly: Bool { verdict.isAnomaly }
  /// Standard deviations from the expected value, at most `maximumScore`; the higher, the more anomalous.
  ///
  /// With `both` sides the sign is dropped, with `lower` it is turned round, so the score of a harmless side is negative.
  public var score: Double { verdict.score }
  /// What the model expected.
  public var expectedValue: Double { verdict.expected }
  /// The lower end of the band.
  public var lower: Double { verdict.lower }
  /// The upper end of the band.
  public var upper: Double { verdict.upper }

  // Probability and sentence cost many times what the decision does, so they wait until they are asked for.
  private let model: ThreeSigmaModel
  private let value: Double
  private let time: Timestamp
  private let verdict: ThreeSigmaModel.Verdict

  init(
    model: ThreeSigmaModel, value: Double, time: Timestamp, verdict: ThreeSigmaModel.Verdict
  ) {
    self.model = model
    self.value = value
    self.time = time
    self.verdict = verdict
  }

  /// The share of normal points with a lower score, 0 ... 1, by Student's t distribution.
  public var probability: Double { model.probability(ofScore: verdict.score) }

  /// One sentence with the numbers behind the decision.
  public var explanation: String {
    var text = JSONBuffer(capacity: 128)
    writeExplanation(to: &text)
    return String(decoding: text.bytes, as: UTF8.self)
  }

  /// Writes that sentence without quotes; it holds nothing that JSON would escape.
  public func writeExplanation(to text: inout JSONBuffer) {
    model.writeExplanation(of: value, at: time, verdict, to: &text)
  }

  /// The score of a value that differs from a series that never moved, and the cap of every score.
  public static let maximumScore = 1e9
}
