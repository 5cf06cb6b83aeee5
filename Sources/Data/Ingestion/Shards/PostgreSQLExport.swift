internal import PostgreSQL

/// A state of a PostgreSQL database, held open while workers read its shards.
public struct PostgreSQLExport: ~Copyable {
  /// The name by which other connections join the state.
  public let snapshot: String
  /// Which transactions the state shows, for the lineage.
  public let visibility: String
  private let connection: PostgreSQLConnection
  private let shard: PostgreSQLShard
  /// 0 where pages have no numbers, as in views, partitioned tables and queries.
  private let pageCount: Int64

  /// Exports the present state of the database.
  ///
  /// - Throws: `IngestionError`
  public init(url: String, table: String, filter: String? = nil) throws {
    let opened = try Self.opened(url: url, table: table)
    (snapshot, visibility, pageCount) = (opened.snapshot, opened.visibility, opened.pageCount)
    connection = opened.connection
    shard = PostgreSQLShard(url: url, table: table, filter: filter, snapshot: snapshot)
  }

  private struct Opened: ~Copyable {
    let connection: PostgreSQLConnection
    let snapshot: String
    let visibility: String
    let pageCount: Int64
  }

  private static func opened(url: String, table: String) throws -> Opened {
    try rethrowing {
      let connection = try PostgreSQLConnection(url)
      try connection.beginShowingOneState(of: table.hasPrefix("(") ? [] : [table])
      let row = try connection.query(
        "SELECT pg_export_snapshot(), pg_current_snapshot()::text")
      let size = try connection.query(
        """
        SELECT pg_relation_size(oid) / current_setting('block_size')::bigint
        FROM pg_class WHERE relkind = 'r' AND oid = $1::regclass
        """, [table.hasPrefix("(") ? nil : table])
      return Opened(
        connection: connection, snapshot: row.text(0, 0) ?? "", visibility: row.text(0, 1) ?? "",
        pageCount: size.rowCount == 0 ? 0 : size.integer(0, 0) ?? 0)
    }
  }

  /// The rows in at most `count` shards: ranges of pages where the table has numbered ones, else ranges of `key`.
  ///
  /// Where the ranges lie changes no result. Those of integer keys have one width, which needs no look at the rows where an index
  /// has the extremes; those of other types have as many rows each, for which the server sorts the keys once.
  ///
  /// - Parameter prefersKeys: Ranges of the key also where pages are numbered, such as for a table that is clustered by it.
  /// - Throws: `IngestionError`
  public func shards(
    count: Int, key: String, prefersKeys: Bool = false
  ) throws -> [ShardDescriptor] {
    if count > 1 && (pageCount == 0 || prefersKeys) { return try shards(count: count, of: key) }
    let count = max(1, min(Int64(count), pageCount))
    return (0..<count).map { index in
      var part = shard
      part.firstPage = pageCount * index / count
      part.endPage = index == count - 1 ? nil : pageCount * (index + 1) / count
      return ShardDescriptor(name: ShardDescriptor.name(Int(index)), place: .postgresql(part))
    }
  }

  private func shards(count: Int, of key: String) throws -> [ShardDescriptor] {
    let bounds = try rethrowing { try self.bounds(count: count, of: key) }
    return (0...bounds.count).map { index in
      var part = shard
      part.keys = PostgreSQLShard.KeyRange(
        column: key, first: index == 0 ? nil : bounds[index - 1],
        end: index == bounds.count ? nil : bounds[index])
      return ShardDescriptor(name: ShardDescriptor.name(index), place: .postgresql(part))
    }
  }

  /// The keys at which ranges end and begin, ascending and distinct.
  private func bounds(count: Int, of key: String) throws -> [String] {
    let column = "s.\(quotedIdentifier(key))"
    let rows = "\(shard.table) AS s" + (shard.filter.map { " WHERE (\($0)\n)" } ?? "")
    let integerTypes: Set<UInt32> = [20, 21, 23]
    let type = try connection.describe("SELECT \(column) FROM \(rows)").first?.typeID
    if let type, integerTypes.contains(type) {
      let ends = try connection.query("SELECT min(\(column)), max(\(column)) FROM \(rows)")
      guard let low = ends.integer(0, 0), let high = ends.integer(0, 1) else { return [] }
      let width = UInt64(bitPattern: high &- low)
      var bounds: [String] = []
      for index in 1..<UInt64(count) {
        let (product, offset) = (
          width.multipliedFullWidth(by: index), UInt64(count)
        )
        let step = offset.dividingFullWidth(product).quotient
        let bound = String(low &+ Int64(bitPattern: step))
        if step > 0 && bound != bounds.last { bounds.append(bound) }
      }
      return bounds
    }
    let shares = (1..<count).map { "\(Double($0) / Double(count))" }.joined(separator: ",")
    let found = try connection.query(
      "SELECT unnest(percentile_disc(ARRAY[\(shares)]::float8[]) WITHIN GROUP (ORDER BY \(column)))::text "
        + "FROM \(rows)")
    var bounds: [String] = []
    for row in 0..<found.rowCount {
      if let bound = found.text(row, 0), bound != bounds.last { bounds.append(bound) }
    }
    return bounds
  }
}

extension ShardDescriptor {
  /// The usual name of the shard number `index`, which sorts as the numbers do.
  public static func name(_ index: Int) -> String {
    let digits = String(index)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}
