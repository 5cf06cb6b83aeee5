public import JSON

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
  private let value: Double
  private let verdict: SeriesBand.Verdict
  private let tail: ScoreTail
  private let threshold: Double
  private let isConstant: Bool
  /// What a seasonal model calls the time of the value.
  private let slotName: String?

  init(
    value: Double, verdict: SeriesBand.Verdict, tail: ScoreTail, threshold: Double,
    isConstant: Bool, slotName: String?
  ) {
    self.value = value
    self.verdict = verdict
    self.tail = tail
    self.threshold = threshold
    self.isConstant = isConstant
    self.slotName = slotName
  }

  /// The share of normal points with a lower score, 0 ... 1, by Student's t distribution.
  public var probability: Double { tail.probability(ofScore: verdict.score) }

  /// One sentence with the numbers behind the decision.
  public var explanation: String {
    var text = JSONBuffer(capacity: 128)
    writeExplanation(to: &text)
    return String(decoding: text.bytes, as: UTF8.self)
  }

  /// Writes that sentence without quotes; it holds nothing that JSON would escape.
  public func writeExplanation(to text: inout JSONBuffer) {
    ReadableNumber.write(value, to: &text)
    if isConstant {
      guard value != verdict.expected else {
        return text.raw(" is the value that the series always had")
      }
      text.raw(verdict.deviation > 0 ? " is above " : " is below ")
      ReadableNumber.write(verdict.expected, to: &text)
      return text.raw(", the value that the series always had")
    }
    if verdict.deviation == 0 {
      text.raw(" equals ")
    } else {
      text.raw(" is ")
      ReadableNumber.writeOneDecimal(verdict.deviation.magnitude, to: &text)
      text.raw(verdict.deviation > 0 ? " σ above " : " σ below ")
    }
    text.raw(slotName == nil ? "the expected " : "the usual ")
    ReadableNumber.write(verdict.expected, to: &text)
    if let slotName {
      text.raw(" for ")
      text.plain(slotName)
    }
    if verdict.deviation == 0 || verdict.isAnomaly { return }
    let isOutside = value > verdict.upper || value < verdict.lower
    text.raw(isOutside ? ", outside ±" : ", within ±")
    ReadableNumber.write(threshold, to: &text)
    text.raw(" σ")
    if isOutside { text.raw(" on the side that does not count") }
  }

  /// The score of a value that differs from a series that never moved, and the cap of every score.
  public static let maximumScore = 1e9
}
