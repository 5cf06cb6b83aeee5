internal import PostgreSQL
internal import SQLite
public import Transactions

/// Many series in a database: a query with the columns `series_id`, `time` and `value`.
///
/// In SQLite times are microseconds since 1970 (as this program stores them) or text in any form that `Timestamp` reads,
/// and values are numbers or decimal text; in PostgreSQL times are timestamps or dates, and values numbers.
public struct SeriesQuery: Equatable, Sendable {
  /// Where the database is.
  public let location: SourceLocation
  /// One `SELECT` without a semicolon.
  public let text: String

  /// Joins location and query.
  public init(location: SourceLocation, text: String) {
    self.location = location
    self.text = text
  }

  /// The amounts of the transactions of each holder: `user_id`, `merchant_id`, `terminal_id` or `device_id`.
  public init(location: SourceLocation, amountsBy holder: SeriesHolder) {
    self.init(
      location: location,
      text: "SELECT \(holder.column) AS series_id, occurred_at AS time, amount AS value "
        + "FROM transactions WHERE \(holder.column) IS NOT NULL")
  }

  private static let rowsPerBatch = 65_536

  /// Lends every point, those of one series together and in time order, one consistent state of the database.
  ///
  /// - Parameter body: Takes the series and one of its points.
  /// - Throws: `IngestionError`, and what `body` throws.
  public func forEachPoint(
    _ body: (_ id: String, _ time: Timestamp, _ value: Double) throws -> Void
  ) throws {
    let ordered = "SELECT series_id, time, value FROM (\(text)) AS points ORDER BY 1, 2"
    try forEachRow(
      ordered, [("series_id", .text), ("time", .microseconds), ("value", .double)]
    ) { id, numbers in
      try body(id, Timestamp(microseconds: numbers.integers[0]), numbers.double)
    }
  }

  /// Lends what the set of values of a series needs to be known: each distinct value once with how often it comes.
  ///
  /// The database counts, so that fewer rows travel, and because nothing is added up there, fits of these counts have the
  /// bits of fits of the points.
  ///
  /// - Throws: `IngestionError`, and what `body` throws.
  public func forEachCount(_ body: (SeriesCount) throws -> Void) throws {
    let counted = """
      SELECT series_id, value, count(*) AS occurrences, min(time) AS first, max(time) AS last \
      FROM (\(text)) AS points GROUP BY series_id, value ORDER BY 1, 2
      """
    try forEachRow(
      counted,
      [
        ("series_id", .text), ("value", .double), ("occurrences", .integer),
        ("first", .microseconds), ("last", .microseconds),
      ]
    ) { id, numbers in
      try body(
        SeriesCount(
          seriesID: id, value: numbers.double, occurrences: Int(numbers.integers[0]),
          first: Timestamp(microseconds: numbers.integers[1]),
          last: Timestamp(microseconds: numbers.integers[2])))
    }
  }

  /// The numbers of a row, in the order of its columns.
  private struct Numbers {
    var integers: [Int64] = []
    var double = 0.0
  }

  private typealias Column = (name: String, kind: PostgreSQLColumn.Kind)

  private func forEachRow(
    _ query: String, _ columns: [Column], _ body: (String, Numbers) throws -> Void
  ) throws {
    try rethrowing {
      switch location {
      case .sqlite(let path): try forEachRow(ofSQLite: path, query, columns, body)
      case .postgresql(let url):
        try forEachRow(ofPostgreSQL: url, query, columns, body)
      case .csv:
        throw IngestionError.malformedSource(
          reason: "\(location) is a file of rows and not a database; import it into one")
      }
    }
  }

  private func forEachRow(
    ofSQLite path: String, _ query: String, _ columns: [Column],
    _ body: (String, Numbers) throws -> Void
  ) throws {
    let connection = try SQLiteConnection(path, options: SQLiteOptions(access: .readOnly))
    var statement = try connection.prepare(query)
    var row = 0
    while try statement.step() {
      row += 1
      var numbers = Numbers()
      for (index, column) in columns.enumerated() {
        func unreadable(_ expected: String) -> IngestionError {
          .unreadableValue(
            source: location.description, row: "row \(row) of the query", column: column.name,
            expected: expected)
        }
        switch (column.kind, statement.value(at: index)) {
        case (.text, .null): throw unreadable("an identifier")
        case (.text, _): break
        case (.double, .text(let text)):
          guard let value = Double(text) else { throw unreadable("a number") }
          numbers.double = value
        case (.double, .null): numbers.double = .nan
        case (.double, _): numbers.double = statement.double(at: index)
        case (.microseconds, .text(let text)):
          guard let time = Timestamp(parsing: text) else { throw unreadable("a date and time") }
          numbers.integers.append(time.microseconds)
        case (_, .integer(let number)): numbers.integers.append(number)
        default: throw unreadable("a moment in microseconds or as text")
        }
      }
      try body(statement.text(at: 0), numbers)
    }
  }

  private func forEachRow(
    ofPostgreSQL url: String, _ query: String, _ columns: [Column],
    _ body: (String, Numbers) throws -> Void
  ) throws {
    let connection = try PostgreSQLConnection(url)
    let requests = columns.map {
      PostgreSQLColumn.Request($0.name, $0.kind, isNullable: $0.kind == .double)
    }
    try connection.copyOut(query, requests, rowsPerBatch: SeriesQuery.rowsPerBatch) {
      batch, rowCount in
      for row in 0..<rowCount {
        var numbers = Numbers()
        for column in batch {
          switch column.request.kind {
          case .double: numbers.double = column.doubles[row]
          case .integer, .microseconds: numbers.integers.append(column.integers[row])
          default: break
          }
        }
        try body(batch[0].texts[row], numbers)
      }
    }
  }
}

/// One distinct value of a series, as a database counted it.
public struct SeriesCount: Equatable, Sendable {
  /// The series.
  public let seriesID: String
  /// The value.
  public let value: Double
  /// How often it comes.
  public let occurrences: Int
  /// When it came first.
  public let first: Timestamp
  /// When it came last.
  public let last: Timestamp
}

/// Whose amounts make a series.
public enum SeriesHolder: String, CaseIterable, Sendable {
  /// Who paid.
  case user
  /// Who was paid.
  case merchant
  /// The point of sale.
  case terminal
  /// The device.
  case device

  var column: String { "\(rawValue)_id" }
}
