public import JSON
public import Transactions

/// Which rows of a PostgreSQL database are transactions, and which columns hold what: the setting `pull`.
///
/// Without anything said it is the project's own schema. A table or view of another shape is mapped column by column; a column is
/// an SQL expression over the table's columns, so a path into a jsonb document is one too: `payload->'card'->>'id'`. A query of
/// one's own replaces table, columns and labels. Whatever is written here runs in a read-only transaction with the rights of
/// the connection's user.
public struct PostgreSQLSource: Equatable, Sendable {
  /// The table or view of transactions, as one writes it in SQL.
  public var table = "transactions"
  /// The table of labels with `tx_id`, `is_fraud`, `scenario` and `labelled_at`; `nil` when there is none. Labels that the table of
  /// transactions has itself win over it.
  public var labels: String? = "labels"
  /// SQL expressions by the names of our columns; those that are not named are taken as they are.
  public var columns: [String: String] = [:]
  /// A condition over the table's columns; rows that do not meet it stay on the server.
  public var filter: String?
  /// A `SELECT` that gives our columns; it is run over one connection and fetched in full each time.
  public var query: String?
  /// How long after its transaction a label became known, where the source does not say.
  public var labelDelay = TimeSpan.days(7)
  /// How long one statement may take on the server; `nil` leaves it to the server.
  public var statementTimeout: TimeSpan?
  /// Whether NaN and infinite values of columns that may be missing count as missing; otherwise they end the pull.
  public var readsSpecialValuesAsMissing = false
  /// How many connections fetch at once.
  public var connectionCount = 2

  /// The project's own schema.
  public init() {}

  /// Whether it is the project's own schema, of which every column must be there.
  var isOwnSchema: Bool {
    table == "transactions" && labels == "labels" && columns.isEmpty && query == nil
  }

  /// The tables that rows come from, as far as they are named.
  var tables: [String] { query == nil ? [table] + (labels.map { [$0] } ?? []) : [] }

  /// What was asked for besides everything of the own schema, as a manifest tells it.
  var text: String? {
    if let query { return query }
    guard self.fingerprint != PostgreSQLSource().fingerprint else { return nil }
    let mapping = columns.sorted { $0.key < $1.key }.map { "\($0.value) AS \($0.key)" }
    return "SELECT \((["*"] + mapping).joined(separator: ", ")) FROM \(table)"
      + (filter.map { " WHERE \($0)" } ?? "")
  }

  /// What a watermark depends on besides the tables.
  var fingerprint: String {
    let parts = columns.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return ([table, labels ?? "", filter ?? "", query ?? "", labelDelay.description] + parts)
      .joined(separator: "\u{1F}")
  }
}

extension PostgreSQLSource {
  /// The keys of the setting `pull`.
  public static let settingNames = [
    "table", "labels", "columns", "filter", "query", "label_delay", "timeout", "special_values",
    "connections",
  ]

  /// Reads the setting `pull`.
  ///
  /// - Throws: `IngestionError.malformedSource` with the key.
  public init(_ json: JSONValue) throws(IngestionError) {
    func refuse(_ reason: String) -> IngestionError { .malformedSource(reason: reason) }
    func text(_ key: String) throws(IngestionError) -> String? {
      guard let value = json[key] else { return nil }
      guard let text = value.stringValue, !text.isEmpty else {
        throw refuse("\(key): expected text, found \(value.kindName)")
      }
      return text
    }
    func span(_ key: String) throws(IngestionError) -> TimeSpan? {
      guard let text = try text(key) else { return nil }
      guard let span = TimeSpan(parsing: text), span.microseconds > 0 else {
        throw refuse("\(key): expected a time span such as 10min")
      }
      return span
    }
    self.init()
    let keys = Self.settingNames
    guard let object = json.objectValue else {
      throw refuse("expected keys and values, found \(json.kindName)")
    }
    if let unknown = object.keys.first(where: { !keys.contains($0) }) {
      throw refuse("\(unknown): unknown key; allowed are \(keys.joined(separator: ", "))")
    }
    table = try text("table") ?? table
    // Another table's labels are nowhere unless somebody says where.
    let labels = try text("labels") ?? (json["table"] == nil ? "labels" : "none")
    self.labels = labels == "none" ? nil : labels
    filter = try text("filter")
    query = try text("query")
    labelDelay = try span("label_delay") ?? labelDelay
    statementTimeout = try span("timeout")
    if let number = json["connections"] {
      guard let count = number.integerValue, (1...32).contains(count) else {
        throw refuse("connections: expected a whole number from 1 to 32")
      }
      connectionCount = Int(count)
    }
    switch try text("special_values") {
    case nil, "refuse": break
    case "missing": readsSpecialValuesAsMissing = true
    default: throw refuse("special_values: expected refuse or missing")
    }
    for (name, value) in json["columns"]?.objectValue?.members ?? [] {
      let known = TransactionColumns.names + TransactionColumns.labelNames.dropFirst()
      guard known.contains(name) else {
        throw refuse(
          "columns.\(name): no column of ours; they are \(known.joined(separator: ", "))")
      }
      guard let expression = value.stringValue, !expression.isEmpty else {
        throw refuse("columns.\(name): expected an SQL expression, found \(value.kindName)")
      }
      columns[name] = expression
    }
    if json["columns"] != nil && json["columns"]?.objectValue == nil {
      throw refuse("columns: expected keys and values")
    }
    if query != nil, let key = ["table", "labels", "filter"].first(where: { json[$0] != nil }) {
      throw refuse("\(key): a query says that itself; leave one of them out")
    }
  }
}
