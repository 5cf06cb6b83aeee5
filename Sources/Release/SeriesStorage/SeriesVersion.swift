public import Models
public import Transactions

/// One fitted version of a series, as it is kept in memory.
public final class SeriesVersion: Sendable {
  /// 1, 2, 3, … within the series.
  public let number: Int
  /// The number as clients write it: `v3`.
  public let label: String
  /// The fitted model.
  public let model: ThreeSigmaModel
  /// When it was fitted.
  public let fittedAt: Timestamp
  /// SHA-256 of the points and the parameters.
  public let digest: [UInt8]

  /// Joins the parts of a version.
  public init(
    number: Int, model: ThreeSigmaModel, fittedAt: Timestamp, digest: [UInt8]
  ) {
    self.number = number
    label = SeriesVersion.label(number)
    self.model = model
    self.fittedAt = fittedAt
    self.digest = digest
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
