internal import PostgreSQL
internal import Transactions

/// A source held against a database: the statements that fetch it.
///
/// Rows come from a subquery `q` of our columns, joined with the labels `l`. Where the table has places (`ctid`) and versions
/// (`xmin`) of rows, `q` has them too, so that pulls can be cut into ranges and limited to what changed.
struct PostgreSQLFetchPlan {
  /// Whether `q` has `row_place` and `row_version`.
  let isTable: Bool
  /// The columns and types that the source has, for finding out later what changed.
  let schema: [SourceColumn]
  /// The labels, when they are in a table of their own: their transaction as text, and their columns.
  let labelQuery: String?
  private let outputs: String
  private let relation: String
  private let outputsWithoutLabels: String
  private let relationWithoutLabels: String
  private var hasLabelTable: Bool { labelQuery != nil }

  private static let required = ["tx_id", "occurred_at", "user_id", "amount"]
  private static let types = [
    "latitude": "float8", "longitude": "float8", "is_fraud": "bool", "labelled_at": "timestamptz",
  ]
  private static let numbers: Set<String> = [
    "occurred_at", "amount", "latitude", "longitude", "is_fraud", "labelled_at",
  ]

  init(_ source: PostgreSQLSource, _ connection: borrowing PostgreSQLConnection) throws {
    let inner = source.query.map { "(\($0)\n) AS s" } ?? "\(source.table) AS s"
    let fields = try connection.describe(source.query ?? "SELECT * FROM \(source.table)")
    let names = fields.map(\.name)
    let storage = try Self.storage(of: source, connection)
    isTable = storage.isTable
    let ownsLabels = source.columns["is_fraud"] != nil || names.contains("is_fraud")
    let labels = source.query == nil && !ownsLabels ? source.labels : nil
    let labelNames = TransactionColumns.labelNames.dropFirst()
    labelQuery = labels.map { table in
      "SELECT l.tx_id::text AS tx_id, \(labelNames.map { "l.\($0)" }.joined(separator: ", ")) "
        + "FROM \(table) AS l WHERE l.tx_id IS NOT NULL"
    }
    schema =
      try SourceColumn.list(fields, prefix: "", connection)
      + (labels.map { try connection.describe("SELECT * FROM \($0)") }.map {
        try SourceColumn.list($0, prefix: "labels.", connection)
      } ?? [])

    var selected: [String] = []
    let own =
      TransactionColumns.names
      + (ownsLabels ? Array(TransactionColumns.labelNames.dropFirst()) : [])
    for name in own {
      var expression = source.columns[name]
      if expression == nil && names.contains(name) { expression = "s.\(quotedIdentifier(name))" }
      if expression == nil && (source.isOwnSchema || Self.required.contains(name)) {
        throw IngestionError.schemaMismatch(
          source: connection.server,
          reason:
            "\(source.query == nil ? source.table : "the query") has no column \(name); it has "
            + names.joined(separator: ", ") + "; name an expression for it in `pull.columns`")
      }
      if expression == nil && name == "labelled_at" {
        let time = source.columns["occurred_at"] ?? "s.occurred_at"
        let delay = "interval '\(source.labelDelay.microseconds) microseconds'"
        let label = source.columns["is_fraud"] ?? "s.is_fraud"
        expression = "CASE WHEN (\(label)) IS NOT NULL THEN (\(time))::timestamptz + \(delay) END"
      }
      let value = expression ?? "NULL::\(Self.types[name] ?? "text")"
      selected.append("\(Self.guarded(value, name, storage.mayHoldLongTexts)) AS \(name)")
    }
    if isTable { selected += ["s.ctid AS row_place", "s.xmin AS row_version"] }
    let condition = source.filter.map { " WHERE (\($0)\n)" } ?? ""
    let rows = "(SELECT \(selected.joined(separator: ", ")) FROM \(inner)\(condition)) AS q"
    let key = source.isOwnSchema ? "l.tx_id = q.tx_id" : "l.tx_id::text = q.tx_id::text"
    relation = labels.map { "\(rows) LEFT JOIN \($0) AS l ON \(key)" } ?? rows
    relationWithoutLabels = rows
    outputsWithoutLabels = TransactionColumns.names.map { "q.\($0)" }.joined(separator: ", ")
    outputs =
      ([outputsWithoutLabels]
      + labelNames.map { name in
        labels != nil
          ? "l.\(name)"
          : ownsLabels ? "q.\(name)" : "NULL::\(Self.types[name] ?? "text") AS \(name)"
      }).joined(separator: ", ")
  }

  /// Long texts of other columns would be sent, and held in memory, before they can be refused; the server cuts them to one byte
  /// more than is allowed. Without a single value stored out of line there are none, and nothing is paid for the guard.
  private static func guarded(_ value: String, _ name: String, _ mayBeLong: Bool) -> String {
    guard mayBeLong, !numbers.contains(name), !value.hasPrefix("NULL::") else {
      return "(\(value))"
    }
    let limit = PostgreSQLColumn.maximumTextByteCount
    return """
      CASE WHEN octet_length((\(value))::text) > \(limit) THEN repeat('x', \(limit + 1)) \
      ELSE (\(value))::text END
      """
  }

  private static func storage(
    of source: PostgreSQLSource, _ connection: borrowing PostgreSQLConnection
  ) throws -> (isTable: Bool, mayHoldLongTexts: Bool) {
    guard source.query == nil else { return (false, true) }
    let result = try connection.query(
      """
      SELECT relkind, coalesce(pg_relation_size(nullif(reltoastrelid, 0)), 0) FROM pg_class
      WHERE oid = $1::regclass
      """, [source.table])
    let kind = result.text(0, 0) ?? ""
    return (kind == "r" || kind == "p", kind != "r" || result.integer(0, 1) != 0)
  }

  private func tableNames(_ source: PostgreSQLSource) -> [String] {
    [source.table] + (hasLabelTable ? [source.labels ?? ""] : [])
  }

  /// The tables that rows come from, as the text of an array.
  func tables(of source: PostgreSQLSource) -> String {
    let names = tableNames(source)
    let quoted = names.map { name in
      "\"\(name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
    return "{\(quoted.joined(separator: ","))}"
  }

  // MARK: Statements

  /// The rows that meet all conditions.
  func query(_ conditions: [String] = [], order: String = "") -> String {
    "SELECT \(outputs) FROM \(relation)" + Self.condition(conditions) + order
  }

  /// The rows that meet all conditions, which may not be about labels, without these.
  func queryWithoutLabels(_ conditions: [String] = []) -> String {
    "SELECT \(outputsWithoutLabels) FROM \(relationWithoutLabels)" + Self.condition(conditions)
  }

  /// How many rows there are, and how many of them have labels.
  func countQuery() -> String {
    "SELECT count(*), count(is_fraud) FROM (SELECT \(outputs) FROM \(relation)) AS c"
  }

  /// For each table, how many rows it has.
  func rowCountQueries(_ source: PostgreSQLSource) -> [String] {
    tableNames(source).map { "SELECT count(*) FROM \($0)" }
  }

  /// For each table, how many rows it has, and how many a transaction from `horizon` to before `next` wrote.
  ///
  /// Few transactions are listed, since the server looks for members of a list with several processes; `age` it computes in one.
  func changeCountQueries(
    _ source: PostgreSQLSource, since horizon: Int64, until next: Int64
  ) -> [String] {
    let condition: String
    if next >= horizon, next - horizon <= 10_000 {
      let numbers = (horizon..<next).map { String(UInt32(truncatingIfNeeded: $0)) }
      condition = "xmin = ANY ('{\(numbers.joined(separator: ","))}'::xid[])"
    } else {
      condition = "age(xmin) <= age('\(UInt32(truncatingIfNeeded: horizon))'::xid)"
    }
    return tableNames(source).map {
      "SELECT count(*), count(*) FILTER (WHERE \(condition)) FROM \($0)"
    }
  }

  /// The condition of rows, or their labels, that a transaction younger than `horizon` wrote.
  ///
  /// `age` compares numbers of 32 bits that wrap around, as the server itself does.
  func changedSince(_ horizon: Int64) -> String {
    let age = "age('\(UInt32(truncatingIfNeeded: horizon))'::xid)"
    return hasLabelTable
      ? "(age(q.row_version) <= \(age) OR age(l.xmin) <= \(age))" : "age(q.row_version) <= \(age)"
  }

  static let canonicalOrder =
    " ORDER BY q.occurred_at, octet_length(q.tx_id::text), q.tx_id::text COLLATE \"C\""

  private static func condition(_ conditions: [String]) -> String {
    conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
  }
}

/// A column as the database declares it.
struct SourceColumn: Equatable {
  let name: String
  let type: String

  static func list(
    _ fields: [PostgreSQLField], prefix: String, _ connection: borrowing PostgreSQLConnection
  ) throws -> [SourceColumn] {
    var types: [UInt32: String] = [:]
    for field in fields where types[field.typeID] == nil {
      types[field.typeID] = try connection.query(
        "SELECT format_type($1::oid, NULL)", [String(field.typeID)]
      ).text(0, 0)
    }
    return fields.map { SourceColumn(name: prefix + $0.name, type: types[$0.typeID] ?? "?") }
  }

  /// What changed from `earlier`, a sentence a column.
  static func changes(from earlier: [SourceColumn], to now: [SourceColumn]) -> [String] {
    func type(_ name: String, _ columns: [SourceColumn]) -> String? {
      columns.first { $0.name == name }?.type
    }
    return earlier.compactMap { column in
      guard let found = type(column.name, now) else { return "column \(column.name) is gone" }
      return found == column.type
        ? nil : "column \(column.name) is now \(found) and was \(column.type)"
    }
      + now.filter { type($0.name, earlier) == nil }.map {
        "column \($0.name) of type \($0.type) is new"
      }
  }
}
