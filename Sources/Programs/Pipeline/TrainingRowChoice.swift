public import Features
internal import JSON
internal import Tabular
internal import Transactions

/// Which rows of a training period train: a choice by the rows alone, the same in one process and in shards.
public struct TrainingRowChoice: Equatable, Sendable {
  /// The segment that they belong to; `nil` for all.
  public var segment: RowSegment?
  /// The highest hash of an identifier that is kept.
  public var highestKey: UInt64

  /// Chooses every row unless told otherwise.
  public init(segment: RowSegment? = nil, highestKey: UInt64 = .max) {
    self.segment = segment
    self.highestKey = highestKey
  }

  /// Whether each row of `batch` is chosen.
  func choice(in batch: TransactionBatch) -> [Bool] {
    var isChosen =
      segment?.membership(in: batch) ?? [Bool](repeating: true, count: batch.count)
    guard highestKey < .max else { return isChosen }
    for row in isChosen.indices where isChosen[row] {
      isChosen[row] = StableHash.of(batch.ids[row]) <= highestKey
    }
    return isChosen
  }

  /// The choice as JSON; null for every row.
  var json: JSONValue {
    guard self != TrainingRowChoice() else { return .null }
    return [
      "segment": segment?.json ?? .null, "highest_key": .string(String(highestKey)),
    ]
  }

  /// Reads what `json` wrote; `nil` when it is something else.
  init?(_ json: JSONValue) {
    self.init()
    if json == .null { return }
    guard let key = json["highest_key"]?.stringValue.flatMap({ UInt64($0) }) else { return nil }
    highestKey = key
    if let document = json["segment"], document != .null {
      guard let segment = try? RowSegment(document) else { return nil }
      self.segment = segment
    }
  }
}
