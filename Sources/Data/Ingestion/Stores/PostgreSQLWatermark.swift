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

  init(horizon: Int64, identity: String, fingerprint: String, schema: [SourceColumn]) {
    self.horizon = horizon
    self.identity = identity
    self.fingerprint = fingerprint
    self.schema = schema
  }

  /// The watermark as JSON.
  public var json: JSONValue {
    [
      "format": .string(Self.format), "horizon": .integer(horizon), "identity": .string(identity),
      "asked": .string(fingerprint),
      "schema": .array(schema.map { [.string($0.name), .string($0.type)] }),
      "transactions": .integer(Int64(transactionCount)), "labels": .integer(Int64(labelCount)),
    ]
  }

  private static let format = "anomalyze-watermark/2"

  /// Reads what `json` wrote; `nil` when it is anything else, which leads to a full pull.
  public init?(_ json: JSONValue) {
    guard json["format"]?.stringValue == Self.format, let horizon = json["horizon"]?.integerValue,
      let identity = json["identity"]?.stringValue, let asked = json["asked"]?.stringValue,
      let columns = json["schema"]?.arrayValue?.map({ $0.arrayValue?.compactMap(\.stringValue) }),
      let transactions = json["transactions"]?.integerValue,
      let labels = json["labels"]?.integerValue
    else { return nil }
    var schema: [SourceColumn] = []
    for column in columns {
      guard let column, column.count == 2 else { return nil }
      schema.append(SourceColumn(name: column[0], type: column[1]))
    }
    self.init(horizon: horizon, identity: identity, fingerprint: asked, schema: schema)
    transactionCount = Int(clamping: transactions)
    labelCount = Int(clamping: labels)
  }

  /// Whether rows changed since `earlier` can be told by their `xmin`, which has 32 bits: it must be the same tables, and less than
  /// 2³⁰ transactions ago.
  func continues(_ earlier: PostgreSQLWatermark) -> Bool {
    !identity.isEmpty && identity == earlier.identity && fingerprint == earlier.fingerprint
      && schema == earlier.schema && horizon >= earlier.horizon
      && horizon - earlier.horizon < 1 << 30
  }
}
