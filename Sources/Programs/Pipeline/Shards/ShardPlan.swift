public import Features
internal import Files
public import Ingestion
public import JSON
public import Transactions

/// What workers do with the rows of their shards, the same for all shards of a round: a file of JSON.
public struct ShardPlan: Sendable {
  /// What is read of the rows.
  public enum Rows: Sendable {
    /// Columns of numbers and the column that identifies a row; of a CSV file without one, the row's values do.
    case columns([String], key: String?)
    /// The features of a snapshot's transactions in a period, as somebody knew them at a moment.
    case features(
      FeatureSpecification, RuleSet, period: Range<Timestamp>, asOf: Timestamp?,
      TrainingRowChoice)
    /// The amounts of the transactions of each holder.
    case amounts(by: SeriesHolder)
  }

  /// The sample that is wanted.
  public struct Sample: Equatable, Sendable {
    /// The seed of the hashes.
    public let seed: UInt64
    /// How many rows are kept.
    public let capacity: Int
  }

  static let format = "anomalyze-shard-plan/1"

  /// What is read.
  public let rows: Rows
  /// The sample of a round that samples.
  public var sample: Sample?
  /// The interval of scores of a round that counts them.
  public var interval: ClosedRange<Double>?

  /// A plan of no round.
  public init(rows: Rows) { self.rows = rows }

  /// The plan as JSON.
  public var json: JSONValue {
    var object: JSONObject = ["format": .string(Self.format)]
    switch rows {
    case .columns(let names, let key):
      object["columns"] = .array(names.map { .string($0) })
      if let key { object["key"] = .string(key) }
    case .features(let features, let rules, let period, let asOf, let choice):
      if choice.json != .null { object["rows"] = choice.json }
      object["features"] = features.json
      object["rules"] = rules.json
      object["period"] = [
        .integer(period.lowerBound.microseconds), .integer(period.upperBound.microseconds),
      ]
      if let asOf { object["as_of"] = .integer(asOf.microseconds) }
    case .amounts(let holder): object["amounts_by"] = .string(holder.rawValue)
    }
    if let sample {
      object["sample"] = [
        "seed": .string(String(sample.seed)), "capacity": .integer(Int64(sample.capacity)),
      ]
    }
    if let interval {
      object["interval"] = [.number(interval.lowerBound), .number(interval.upperBound)]
    }
    return .object(object)
  }

  /// Reads the plan in the file at `path`.
  ///
  /// - Throws: `FileError`, or `ConfigurationError` when it is no plan.
  public init(contentsOf path: String) throws {
    let text = try FileSystem.readText(path)
    let json: JSONValue
    do throws(JSONError) {
      json = try JSONValue(parsing: text)
    } catch {
      throw ConfigurationError("\(path): \(error)")
    }
    func fail(_ what: String) -> ConfigurationError {
      ConfigurationError("\(path) is no plan of the format \(Self.format): \(what)")
    }
    guard json["format"]?.stringValue == Self.format else { throw fail("format") }
    if let columns = json["columns"]?.arrayValue {
      rows = .columns(columns.compactMap(\.stringValue), key: json["key"]?.stringValue)
    } else if let features = json["features"] {
      let bounds = json["period"]?.arrayValue?.compactMap(\.integerValue) ?? []
      guard bounds.count == 2, bounds[0] < bounds[1] else { throw fail("period") }
      guard let choice = TrainingRowChoice(json["rows"] ?? .null) else { throw fail("rows") }
      rows = .features(
        try FeatureSpecification(features), try RuleSet(json["rules"] ?? []),
        period: Timestamp(microseconds: bounds[0])..<Timestamp(microseconds: bounds[1]),
        asOf: json["as_of"]?.integerValue.map { Timestamp(microseconds: $0) }, choice)
    } else if let holder = json["amounts_by"]?.stringValue.flatMap(SeriesHolder.init(rawValue:)) {
      rows = .amounts(by: holder)
    } else {
      throw fail("columns, features or amounts_by")
    }
    if let document = json["sample"] {
      guard let seed = document["seed"]?.stringValue.flatMap({ UInt64($0) }),
        let capacity = document["capacity"]?.integerValue, (1...(1 << 30)).contains(capacity)
      else { throw fail("sample") }
      sample = Sample(seed: seed, capacity: Int(capacity))
    }
    if let bounds = json["interval"]?.arrayValue?.compactMap(\.doubleValue) {
      guard bounds.count == 2, bounds[0] <= bounds[1] else { throw fail("interval") }
      interval = bounds[0]...bounds[1]
    }
  }
}
