public import JSON

/// How far a pull has seen a PostgreSQL database: everything below the snapshot's own horizon.
///
/// A watermark by time or key loses rows that are committed late. This one is the oldest transaction that was still running when
/// the rows were read (`pg_snapshot_xmin`): whatever an older transaction wrote was seen, and whatever a newer one writes, an
/// insertion, an update or a label, carries its number in the row's `xmin` and is found by the next pull.
public struct PostgreSQLWatermark: Equatable, Sendable {
  /// Number of the oldest transaction that was still running.
  public let horizon: Int64
  /// The database and its tables; a table made anew is another one. Empty for views, which cannot be followed.
  public let identity: String
  /// What was asked of the tables: another mapping or filter is another source.
  let fingerprint: String
  /// The columns and types that the source had.
  let schema: [SourceColumn]
  /// How many transactions there were: deleted rows leave no trace but this.
  public internal(set) var transactionCount = 0
  /// How many of them had labels.
  public internal(set) var labelCount = 0
  /// How many rows each table had, whatever the filter: the transactions', then the labels'.
  var tableCounts: [Int] = []
  /// The snapshot itself, as the server writes it: it names the transactions that had ended, so two that are equal show the same
  /// rows in every table.
  var serverSnapshot = ""

  init(horizon: Int64, identity: String, fingerprint: String, schema: [SourceColumn]) {
    self.horizon = horizon
    self.identity = identity
    self.fingerprint = fingerprint
    self.schema = schema
  }

  /// The watermark of a snapshot as `pg_current_snapshot()` writes it: `xmin:xmax:` and the transactions between that run.
  init(serverSnapshot: String, identity: String, fingerprint: String, schema: [SourceColumn]) {
    let horizon = serverSnapshot.split(separator: ":").first.flatMap { Int64($0) }
    self.init(
      horizon: horizon ?? 0, identity: identity, fingerprint: fingerprint, schema: schema)
    self.serverSnapshot = serverSnapshot
  }

  /// Number of the first transaction that had not ended when the snapshot was taken, and none after it had.
  var next: Int64 {
    let numbers = serverSnapshot.split(separator: ":")
    return numbers.count > 1 ? Int64(numbers[1]) ?? .max : .max
  }

  /// The watermark as JSON.
  public var json: JSONValue {
    [
      "format": .string(Self.format), "horizon": .integer(horizon), "identity": .string(identity),
      "asked": .string(fingerprint),
      "schema": .array(schema.map { [.string($0.name), .string($0.type)] }),
      "transactions": .integer(Int64(transactionCount)), "labels": .integer(Int64(labelCount)),
      "table_rows": .array(tableCounts.map { .integer(Int64($0)) }),
      "snapshot_shown": .string(serverSnapshot),
    ]
  }

  private static let format = "anomalyze-watermark/3"

  /// Reads what `json` wrote; `nil` when it is anything else, which leads to a full pull.
  public init?(_ json: JSONValue) {
    guard json["format"]?.stringValue == Self.format, let horizon = json["horizon"]?.integerValue,
      let identity = json["identity"]?.stringValue, let asked = json["asked"]?.stringValue,
      let columns = json["schema"]?.arrayValue?.map({ $0.arrayValue?.compactMap(\.stringValue) }),
      let transactions = json["transactions"]?.integerValue,
      let labels = json["labels"]?.integerValue,
      let tableCounts = json["table_rows"]?.arrayValue?.compactMap(\.integerValue),
      let serverSnapshot = json["snapshot_shown"]?.stringValue
    else { return nil }
    var schema: [SourceColumn] = []
    for column in columns {
      guard let column, column.count == 2 else { return nil }
      schema.append(SourceColumn(name: column[0], type: column[1]))
    }
    self.init(horizon: horizon, identity: identity, fingerprint: asked, schema: schema)
    transactionCount = Int(clamping: transactions)
    labelCount = Int(clamping: labels)
    self.tableCounts = tableCounts.map { Int(clamping: $0) }
    self.serverSnapshot = serverSnapshot
  }

  /// Whether rows changed since `earlier` can be told by their `xmin`, which has 32 bits: it must be the same tables, and less than
  /// 2³⁰ transactions ago.
  func continues(_ earlier: PostgreSQLWatermark) -> Bool {
    !identity.isEmpty && identity == earlier.identity && fingerprint == earlier.fingerprint
      && schema == earlier.schema && horizon >= earlier.horizon
      && horizon - earlier.horizon < 1 << 30
  }
}
