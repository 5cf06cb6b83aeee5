public import JSON
internal import Transactions

/// What was found in the rows of a pull: counts, never values.
public struct DataQuality: Equatable, Sendable {
  /// Rows without a value, per column that has any.
  public internal(set) var nullCounts: [String: Int] = [:]
  /// Rows that repeated another one exactly and were dropped.
  public internal(set) var duplicateCount = 0
  /// Rows that repeated another one with another label; the label that became known last was kept.
  public internal(set) var relabelledCount = 0
  /// Rows that were replaced by a later row of the same identifier and other contents.
  public internal(set) var replacedCount = 0
  /// Rows out of the sensible range, per column: amounts that are zero or negative, coordinates that are not on Earth,
  /// times before 1970 or after 2100, labels known before their transaction.
  public internal(set) var outOfRangeCounts: [String: Int] = [:]
  /// Rows that arrived after a later one.
  public internal(set) var outOfOrderCount = 0

  /// Starts without findings.
  public init() {}

  /// The columns of which missing values are counted; the others always have one, or none that is known only for fraud.
  static let nullableColumns: [SnapshotColumn] =
    SnapshotColumn.texts.filter { $0 != .scenario && $0 != .user } + [
      .latitude, .longitude, .isFraud,
    ]
  /// The columns of which implausible values are counted.
  static let rangeColumns: [SnapshotColumn] = [
    .occurredAt, .amount, .latitude, .longitude, .labelledAt,
  ]

  /// 2100-01-01; a later time is a unit mixed up rather than a plan.
  private static let farFuture: Int64 = 4_102_444_800_000_000

  /// Counts what is missing and out of range in `batch`.
  mutating func examine(_ batch: TransactionBatch) {
    for column in SnapshotColumn.texts where column != .scenario {
      count(batch.texts(of: column).codes.count { $0 < 0 }, column, in: &nullCounts)
    }
    count(batch.latitudes.count(where: \.isNaN), .latitude, in: &nullCounts)
    count(batch.longitudes.count(where: \.isNaN), .longitude, in: &nullCounts)
    count(batch.labels.count { $0 < 0 }, .isFraud, in: &nullCounts)
    count(batch.amounts.count { $0 <= 0 }, .amount, in: &outOfRangeCounts)
    count(batch.latitudes.count { abs($0) > 90 }, .latitude, in: &outOfRangeCounts)
    count(batch.longitudes.count { abs($0) > 180 }, .longitude, in: &outOfRangeCounts)
    count(
      batch.times.count { $0 < 0 || $0 >= Self.farFuture }, .occurredAt, in: &outOfRangeCounts)
    let early = zip(batch.times, batch.labelTimes).count { $1 < $0 }
    count(early, .labelledAt, in: &outOfRangeCounts)
  }

  private func count(_ rows: Int, _ column: SnapshotColumn, in counts: inout [String: Int]) {
    if rows > 0 { counts[column.rawValue, default: 0] += rows }
  }

  /// The counts as they stand in a manifest.
  public var json: JSONValue {
    func object(_ counts: [String: Int]) -> JSONValue {
      .object(
        JSONObject(
          SnapshotColumn.allCases.compactMap { column in
            counts[column.rawValue].map { (key: column.rawValue, value: .integer(Int64($0))) }
          }))
    }
    return [
      "nulls": object(nullCounts), "out_of_range": object(outOfRangeCounts),
      "duplicates": .integer(Int64(duplicateCount)),
      "relabelled": .integer(Int64(relabelledCount)),
      "replaced": .integer(Int64(replacedCount)),
      "out_of_order": .integer(Int64(outOfOrderCount)),
    ]
  }

  /// Reads what `json` wrote; counts that are absent are zero.
  init(_ json: JSONValue) {
    func counts(_ value: JSONValue?) -> [String: Int] {
      var counts: [String: Int] = [:]
      for (key, value) in value?.objectValue?.members ?? [] {
        counts[key] = value.integerValue.map { Int($0) }
      }
      return counts
    }
    func number(_ key: String) -> Int { json[key]?.integerValue.map { Int($0) } ?? 0 }
    nullCounts = counts(json["nulls"])
    outOfRangeCounts = counts(json["out_of_range"])
    duplicateCount = number("duplicates")
    relabelledCount = number("relabelled")
    replacedCount = number("replaced")
    outOfOrderCount = number("out_of_order")
  }
}
