internal import Transactions

/// What was found in the points of one series.
public struct SeriesFindings: Equatable, Sendable {
  /// The series.
  public let id: String
  /// How many points there are.
  public internal(set) var pointCount = 0
  /// The share of the points that an even series of the median interval would have; `nil` when the times are not known.
  public private(set) var coverage: Double?
  /// Intervals more than twice as long as the median.
  public private(set) var gapCount = 0
  /// Whether all values are one and the same.
  public internal(set) var isConstant = false
  /// The code of the fault for which there is no model.
  public internal(set) var fault: String?

  init(id: String) { self.id = id }

  /// Whether the server can be asked for it: 1 to 128 characters of `A-Z a-z 0-9 . _ -`, not `.` or `..`.
  public var isServable: Bool {
    id != "." && id != ".." && (1...128).contains(id.utf8.count)
      && id.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
          || byte == 45 || byte == 46 || byte == 95
      }
  }

  /// An identifier as a cell of a CSV file, in quotes where it needs them.
  public static func csvCell(_ id: String) -> String {
    let needsQuotes = id.utf8.contains { $0 == 44 || $0 == 34 || $0 == 10 || $0 == 13 }
    guard needsQuotes else { return id }
    let parts = id.split(separator: "\"", omittingEmptySubsequences: false)
    return "\"\(parts.joined(separator: "\"\""))\""
  }

  mutating func describe(_ timestamps: [Timestamp]) {
    pointCount = timestamps.count
    let intervals = zip(timestamps, timestamps.dropFirst()).map {
      Double($1.microseconds) - Double($0.microseconds)
    }
    guard let median = intervals.sorted().dropFirst(intervals.count / 2).first, median > 0 else {
      return
    }
    gapCount = intervals.count { $0 > 2 * median }
    let span = intervals.reduce(0, +)
    coverage = min(1, Double(timestamps.count) / (span / median + 1))
  }
}

/// What became of many series.
public struct SeriesFittingSummary: Equatable, Sendable {
  /// How many series there were.
  public private(set) var seriesCount = 0
  /// How many points they have.
  public private(set) var pointCount = 0
  /// How many have a model.
  public private(set) var fittedCount = 0
  /// How many of those never moved.
  public private(set) var constantCount = 0
  /// How many series have gaps.
  public private(set) var gappedCount = 0
  /// How many have less than nine tenths of the points of an even series.
  public private(set) var sparseCount = 0
  /// How many have identifiers that the server's routes cannot hold.
  public private(set) var unservableCount = 0
  /// How many have no model, by the code of the fault.
  public private(set) var faults: [String: Int] = [:]
  /// How many versions the store made.
  public internal(set) var newVersionCount = 0
  /// How many models the store had already.
  public internal(set) var unchangedCount = 0

  mutating func add(_ findings: SeriesFindings) {
    seriesCount += 1
    pointCount += findings.pointCount
    if findings.isConstant { constantCount += 1 }
    if findings.gapCount > 0 { gappedCount += 1 }
    if let coverage = findings.coverage, coverage < 0.9 { sparseCount += 1 }
    if !findings.isServable { unservableCount += 1 }
    if let fault = findings.fault { faults[fault, default: 0] += 1 } else { fittedCount += 1 }
  }
}
