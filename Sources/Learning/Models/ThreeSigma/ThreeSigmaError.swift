/// Why a series cannot be fitted; an index is that of the first point at fault, counted from 0.
public enum ThreeSigmaError: Error, Equatable, CustomStringConvertible {
  /// Timestamps and values are not pairs.
  case lengthMismatch(timestamps: Int, values: Int)
  /// There is no point at all.
  case empty
  /// There are points, but not enough.
  case tooFewPoints(actual: Int, minimum: Int)
  /// A value is NaN or infinite.
  case notFinite(index: Int)
  /// A timestamp equals the one before it.
  case duplicateTimestamp(index: Int)
  /// A timestamp is earlier than the one before it.
  case unsortedTimestamp(index: Int)
  /// A parameter is out of its range.
  case invalidParameter(name: String, reason: String)

  /// The index of the first offending point, where there is one.
  ///
  /// For lists of different lengths it is the first index without a partner.
  public var index: Int? {
    switch self {
    case .lengthMismatch(let timestamps, let values): min(timestamps, values)
    case .notFinite(let index), .duplicateTimestamp(let index), .unsortedTimestamp(let index): index
    case .empty, .tooFewPoints, .invalidParameter: nil
    }
  }

  /// The upper-snake-case code of the error in answers over HTTP.
  public var code: String {
    switch self {
    case .lengthMismatch: "LENGTH_MISMATCH"
    case .empty: "EMPTY_SERIES"
    case .tooFewPoints: "INSUFFICIENT_DATA"
    case .notFinite: "INVALID_VALUE"
    case .duplicateTimestamp: "DUPLICATE_TIMESTAMP"
    case .unsortedTimestamp: "UNSORTED_TIMESTAMPS"
    case .invalidParameter: "INVALID_PARAMETER"
    }
  }

  public var description: String {
    switch self {
    case .lengthMismatch(let timestamps, let values):
      "\(timestamps) timestamps but \(values) values; send one timestamp for each value"
    case .empty:
      "the series has no points"
    case .tooFewPoints(let actual, let minimum):
      "the series has \(actual) point\(actual == 1 ? "" : "s"); at least \(minimum) are needed"
    case .notFinite(let index):
      "the value at index \(index) is not a finite number; remove or fill it"
    case .duplicateTimestamp(let index):
      "the timestamp at index \(index) equals the one before it; keep one value for each moment"
    case .unsortedTimestamp(let index):
      "the timestamp at index \(index) is earlier than the one before it; sort the points by time"
    case .invalidParameter(let name, let reason):
      "\(name) \(reason)"
    }
  }
}
