public import JSON

/// Where the rows of one shard are: small enough to be sent to any machine, which then reads the rows itself.
public struct ShardDescriptor: Equatable, Sendable {
  /// The places that rows can come from.
  public enum Place: Equatable, Sendable {
    /// A CSV file.
    case csv(path: String)
    /// A Parquet file.
    case parquet(path: String)
    /// A range of the rows of a stored snapshot, in its order.
    case snapshot(path: String, rows: Range<Int>)
    /// A range of the pages or of the keys of a PostgreSQL table.
    case postgresql(PostgreSQLShard)
  }

  /// The name of the shard, unique within a job.
  public let name: String
  /// Where its rows are.
  public let place: Place

  /// Describes a shard.
  public init(name: String, place: Place) {
    self.name = name
    self.place = place
  }

  /// The descriptor as JSON; with a password when the URL of its database holds one, so it is not for showing.
  public var json: JSONValue {
    var object: JSONObject = ["name": .string(name)]
    switch place {
    case .csv(let path): object["csv"] = .string(path)
    case .parquet(let path): object["parquet"] = .string(path)
    case .snapshot(let path, let rows):
      object["snapshot"] = .string(path)
      object["rows"] = [.integer(Int64(rows.lowerBound)), .integer(Int64(rows.upperBound))]
    case .postgresql(let shard): object["postgresql"] = shard.json
    }
    return .object(object)
  }

  /// Reads what `json` wrote.
  ///
  /// - Throws: `IngestionError.malformedSource`
  public init(_ json: JSONValue) throws(IngestionError) {
    guard let name = json["name"]?.stringValue, !name.isEmpty, !name.contains("\n") else {
      throw .malformedSource(reason: "a shard needs a name")
    }
    self.name = name
    if let path = json["csv"]?.stringValue {
      place = .csv(path: path)
    } else if let path = json["parquet"]?.stringValue {
      place = .parquet(path: path)
    } else if let path = json["snapshot"]?.stringValue {
      let bounds = json["rows"]?.arrayValue?.compactMap(\.integerValue) ?? []
      guard bounds.count == 2, bounds[0] >= 0, bounds[0] <= bounds[1] else {
        throw .malformedSource(reason: "shard \(name) needs rows: [FIRST, END]")
      }
      place = .snapshot(path: path, rows: Int(bounds[0])..<Int(bounds[1]))
    } else if let shard = json["postgresql"].flatMap({ PostgreSQLShard($0) }) {
      place = .postgresql(shard)
    } else {
      throw .malformedSource(
        reason: "shard \(name) has no place: csv, parquet, snapshot with rows, or postgresql")
    }
  }
}

/// A range of the pages or of the keys of a table, or all rows of a query, in a state of the database that somebody holds open.
public struct PostgreSQLShard: Equatable, Sendable {
  /// libpq's URL, perhaps with a password.
  public var url: String
  /// The table, or a query in parentheses; written as in SQL.
  public var table: String
  /// A condition over its columns.
  public var filter: String?
  /// The exported state of the database; the shard's own when `nil`.
  public var snapshot: String?
  /// The pages; open at the end when the upper bound is `nil`.
  public var firstPage: Int64
  /// The page after the last one.
  public var endPage: Int64?
  /// The keys; all when `nil`.
  public var keys: KeyRange?

  /// Rows whose key lies between two values.
  public struct KeyRange: Equatable, Sendable {
    /// The column of the key.
    public var column: String
    /// The first key, as PostgreSQL writes it; the range is open when `nil`.
    public var first: String?
    /// The key after the last one; the range is open when `nil`, and has the rows without a key too.
    public var end: String?

    /// Describes a range.
    public init(column: String, first: String? = nil, end: String? = nil) {
      self.column = column
      self.first = first
      self.end = end
    }
  }

  /// Describes a range of pages.
  public init(
    url: String, table: String, filter: String? = nil, snapshot: String? = nil,
    firstPage: Int64 = 0, endPage: Int64? = nil
  ) {
    self.url = url
    self.table = table
    self.filter = filter
    self.snapshot = snapshot
    self.firstPage = firstPage
    self.endPage = endPage
  }

  var json: JSONValue {
    var object: JSONObject = ["url": .string(url), "table": .string(table)]
    if let filter { object["filter"] = .string(filter) }
    if let snapshot { object["snapshot"] = .string(snapshot) }
    object["first_page"] = .integer(firstPage)
    if let endPage { object["end_page"] = .integer(endPage) }
    if let keys {
      object["key_column"] = .string(keys.column)
      object["first_key"] = keys.first.map { .string($0) }
      object["end_key"] = keys.end.map { .string($0) }
    }
    return .object(object)
  }

  init?(_ json: JSONValue) {
    guard let url = json["url"]?.stringValue, let table = json["table"]?.stringValue else {
      return nil
    }
    self.init(
      url: url, table: table, filter: json["filter"]?.stringValue,
      snapshot: json["snapshot"]?.stringValue,
      firstPage: json["first_page"]?.integerValue ?? 0, endPage: json["end_page"]?.integerValue)
    keys = json["key_column"]?.stringValue.map {
      KeyRange(
        column: $0, first: json["first_key"]?.stringValue, end: json["end_key"]?.stringValue)
    }
  }
}
