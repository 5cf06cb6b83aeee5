public import Files

/// Rows by their identifiers with their scores.
public struct ScoredRows: ShardResult {
  public static let kind = "scores"

  /// The identifiers, in the order of their bytes once `finished`; of equal ones the lower score comes first.
  public private(set) var ids: [String] = []
  /// The score of each.
  public private(set) var scores: [Double] = []

  /// No rows.
  public init() {}

  /// Adds rows.
  ///
  /// - Precondition: there are as many identifiers as scores.
  public mutating func add(_ ids: [String], scores: [Double]) {
    precondition(ids.count == scores.count, "every row has an identifier and a score")
    self.ids += ids
    self.scores += scores
  }

  /// The rows in their order.
  public func finished() -> ScoredRows {
    func isBefore(_ a: Int, _ b: Int) -> Bool {
      ids[a].utf8.elementsEqual(ids[b].utf8)
        ? scores[a] < scores[b] : ids[a].utf8.lexicographicallyPrecedes(ids[b].utf8)
    }
    if ids.indices.dropFirst().allSatisfy({ !isBefore($0, $0 - 1) }) { return self }
    let order = ids.indices.sorted(by: isBefore)
    var rows = ScoredRows()
    rows.ids = order.map { ids[$0] }
    rows.scores = order.map { scores[$0] }
    return rows
  }

  public mutating func merge(_ other: ScoredRows) {
    ids += other.ids
    scores += other.scores
  }

  public static func == (left: ScoredRows, right: ScoredRows) -> Bool {
    let (left, right) = (left.finished(), right.finished())
    return left.ids == right.ids && left.scores == right.scores
  }

  public var tensors: [Tensor] {
    let rows = finished()
    var bytes: [UInt8] = []
    var ends: [Int64] = []
    for id in rows.ids {
      bytes += id.utf8
      ends.append(Int64(bytes.count))
    }
    return [
      Tensor("scores", .float64(rows.scores)), Tensor("id.ends", .int64(ends)),
      Tensor("id.bytes", .uint8(bytes)),
    ]
  }

  public init(_ archive: SafetensorsArchive) throws(ShardResultError) {
    scores = try archive.doubles("scores")
    let bytes = try archive.bytes("id.bytes")
    var start = 0
    for end in try archive.integers("id.ends") {
      guard end >= start, end <= bytes.count else {
        throw .malformed(reason: "an identifier lies outside of its bytes")
      }
      ids.append(String(decoding: bytes[start..<Int(end)], as: UTF8.self))
      start = Int(end)
    }
    guard ids.count == scores.count else {
      throw .malformed(reason: "identifiers and scores differ in number")
    }
  }
}
