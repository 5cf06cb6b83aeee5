public import JSON
public import Models
public import Transactions

/// One fitted version of a series, as it is kept in memory.
public final class SeriesVersion: Sendable {
  /// 1, 2, 3, … within the series.
  public let number: Int
  /// The fitted model.
  public let model: ThreeSigmaModel
  /// When it was fitted.
  public let fittedAt: Timestamp
  /// SHA-256 of the points and the parameters.
  public let digest: [UInt8]
  /// How rare its scores are; kept for the same reason as the texts that follow.
  private let tail: ScoreTail
  /// Expected value, lower and upper end of the band as JSON, where they are the same at all times: writing these numbers for
  /// every answer would take a good part of the time that a prediction takes.
  private let constants: NumberTexts?

  /// Joins the parts of a version.
  public init(
    number: Int, model: ThreeSigmaModel, fittedAt: Timestamp, digest: [UInt8]
  ) {
    self.number = number
    self.model = model
    self.fittedAt = fittedAt
    self.digest = digest
    tail = model.scoreTail
    constants = model.constantBand.flatMap { NumberTexts([$0.expected, $0.lower, $0.upper]) }
  }

  /// The number as clients write it: `v3`.
  public var label: String { SeriesVersion.label(number) }

  /// Writes the number as clients do.
  public func writeLabel(to answer: inout JSONBuffer) {
    answer.raw("v")
    answer.integer(number)
  }

  /// Judges one value.
  ///
  /// - Precondition: `value` is finite.
  public func predict(_ value: Double, at time: Timestamp) -> SeriesPrediction {
    // From here the model is lent; whoever takes it out of the version copies all of it.
    model.predict(value, at: time, tail: tail)
  }

  /// Writes the members `expected_value`, `lower` and `upper` of a prediction.
  public func writeBand(of prediction: SeriesPrediction, to answer: inout JSONBuffer) {
    answer.raw("\"expected_value\":")
    if let constants {
      constants.write(0, to: &answer)
      answer.raw(",\"lower\":")
      constants.write(1, to: &answer)
      answer.raw(",\"upper\":")
      constants.write(2, to: &answer)
    } else {
      answer.number(prediction.expectedValue)
      answer.raw(",\"lower\":")
      answer.number(prediction.lower)
      answer.raw(",\"upper\":")
      answer.number(prediction.upper)
    }
  }

  /// `v` and the number.
  public static func label(_ number: Int) -> String { "v\(number)" }

  /// The number of a label such as `v3` or `3`; `nil` for anything else.
  public static func number(of label: String) -> Int? {
    let digits = label.hasPrefix("v") ? label.dropFirst() : label[...]
    guard digits.utf8.count <= 18, digits.utf8.allSatisfy({ (48...57).contains($0) }),
      let number = Int(digits), number > 0
    else { return nil }
    return number
  }
}

/// Three numbers as JSON, in the 64 bytes that they nearly always need.
private struct NumberTexts: Sendable {
  private var bytes = InlineArray<61, UInt8>(repeating: 0)
  private var ends = InlineArray<3, UInt8>(repeating: 0)

  /// Writes the numbers; `nil` when they are too long.
  init?(_ numbers: InlineArray<3, Double>) {
    var text = JSONBuffer(capacity: 80)
    for index in 0..<3 {
      text.number(numbers[index])
      guard text.bytes.count <= 61 else { return nil }
      ends[index] = UInt8(text.bytes.count)
    }
    for (index, byte) in text.bytes.enumerated() { bytes[index] = byte }
  }

  func write(_ index: Int, to answer: inout JSONBuffer) {
    let start = index == 0 ? 0 : Int(ends[index - 1])
    answer.raw(bytes.span.extracting(start..<Int(ends[index])))
  }
}

/// The points that a version was fitted on.
public struct SeriesPoints: Equatable, Sendable {
  /// When the values were seen.
  public var timestamps: [Timestamp]
  /// The values.
  public var values: [Double]

  /// Joins timestamps and values.
  public init(timestamps: [Timestamp], values: [Double]) {
    self.timestamps = timestamps
    self.values = values
  }

  /// The points as little-endian words: first all times in microseconds, then the bits of all values.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(16 * values.count)
    for timestamp in timestamps { bytes.append(word: UInt64(bitPattern: timestamp.microseconds)) }
    for value in values { bytes.append(word: value.bitPattern) }
    return bytes
  }

  /// Reads what `encoded` wrote; `nil` when the length fits no number of points.
  init?(encoded bytes: [UInt8]) {
    guard bytes.count.isMultiple(of: 16) else { return nil }
    let count = bytes.count / 16
    func word(_ index: Int) -> UInt64 {
      bytes[index * 8..<index * 8 + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    timestamps = (0..<count).map { Timestamp(microseconds: Int64(bitPattern: word($0))) }
    values = (count..<2 * count).map { Double(bitPattern: word($0)) }
  }
}

extension [UInt8] {
  fileprivate mutating func append(word: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) { append(UInt8(truncatingIfNeeded: word >> shift)) }
  }
}
