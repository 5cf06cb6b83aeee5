internal import JSON
internal import Models
internal import PostgreSQL
internal import Transactions

/// The tables in a schema `anomalyze_series` of a PostgreSQL database.
///
/// A lost connection fails what is under way and is made again by what comes next; what only reads, and the beginning of a
/// transaction, is tried once more at once.
final class PostgreSQLSeriesTables: SeriesTables {
  /// What a connection is for.
  enum Role {
    /// It makes what is missing at this moment, and is the only one that may write.
    case writer(migratingAt: Timestamp)
    case reader
  }

  private static let schema = "anomalyze_series"
  private let url: String
  private let role: Role
  private var connection: PostgreSQLConnection?
  private var isInTransaction = false

  /// Whether `location` is the URL of a database rather than the path of a file.
  static func isURL(_ location: String) -> Bool {
    location.hasPrefix("postgresql://") || location.hasPrefix("postgres://")
  }

  init(_ url: String, _ role: Role) throws {
    self.url = url
    self.role = role
    connection = try PostgreSQLSeriesTables.opened(url, role)
  }

  private static func opened(_ url: String, _ role: Role) throws -> PostgreSQLConnection {
    let connection = try PostgreSQLConnection(url)
    guard case .writer(let moment) = role else {
      try connection.execute("SET search_path TO \(schema)")
      return connection
    }
    // A user who may not create schemas passes where there is one.
    if try connection.query("SELECT to_regnamespace('\(schema)')").text(0, 0) == nil {
      try connection.execute("CREATE SCHEMA IF NOT EXISTS \(schema)")
    }
    try connection.execute("SET search_path TO \(schema); SET synchronous_commit TO on")
    try lock(connection)
    try connection.migrate(
      SeriesStoreSchema.postgreSQLMigrations, appliedAt: moment.microseconds)
    return connection
  }

  /// Two servers on one store would number the same versions twice. The session of one that has just ended may still be there
  /// for a moment.
  private static func lock(_ connection: borrowing PostgreSQLConnection) throws {
    do {
      try connection.execute(
        "SET lock_timeout TO '5s'; SELECT pg_advisory_lock(7305808869231454); SET lock_timeout TO 0"
      )
    } catch let error where error.kind == .conflict {
      throw SeriesStoreError.unavailable(
        reason: "another process writes the series of this database")
    }
  }

  /// Lends the connection, which is made again when it was lost, but not in a transaction: what follows on another one would
  /// be outside of it, and what came before would be lost and yet acknowledged.
  private func use<Value>(
    _ body: (borrowing PostgreSQLConnection) throws -> Value
  ) throws -> Value {
    let current: PostgreSQLConnection
    if let known = connection.take() {
      current = known
    } else if isInTransaction {
      throw SeriesStoreError.unavailable(reason: "the connection was lost in a transaction")
    } else {
      current = try PostgreSQLSeriesTables.opened(url, role)
    }
    do {
      let value = try body(current)
      connection = consume current
      return value
    } catch {
      if current.isAlive { connection = consume current }
      throw error
    }
  }

  /// The same for what may be done twice.
  private func useAgain<Value>(
    _ body: (borrowing PostgreSQLConnection) throws -> Value
  ) throws -> Value {
    do {
      return try use(body)
    } catch let error as PostgreSQLError where error.kind == .connectionLost {
      return try use(body)
    }
  }

  func entries(of id: String?) throws -> [StoredEntry] {
    try useAgain { connection in
      let rows = try connection.query(
        """
        SELECT series_id, version, digest, deleted_at IS NOT NULL FROM series
        JOIN series_versions USING (series_id) WHERE version = current_version
          AND ($1::text IS NULL OR series_id = $1)
        """, [id])
      return try (0..<rows.rowCount).map { row in
        StoredEntry(
          id: rows.text(row, 0) ?? "", number: Int(rows.integer(row, 1) ?? 0),
          digest: try Hexadecimal.bytes(rows.text(row, 2)), isDeleted: rows.text(row, 3) == "t")
      }
    }
  }

  func version(_ number: Int, of id: String) throws -> SeriesVersion {
    try useAgain { connection in
      let rows = try connection.query(
        "SELECT model, fitted_at, digest FROM series_versions WHERE series_id = $1 AND version = $2::bigint",
        [id, String(number)])
      guard rows.rowCount == 1, let model = rows.text(0, 0), let moment = rows.integer(0, 1) else {
        throw SeriesStoreError.versionNotFound(label: SeriesVersion.label(number))
      }
      return try SeriesVersion(
        number, model: model, fittedAt: moment, digest: Hexadecimal.bytes(rows.text(0, 2)))
    }
  }

  func pieces(of number: Int, series id: String) throws -> [[UInt8]] {
    try useAgain { connection in
      let rows = try connection.query(
        """
        SELECT points FROM (
          SELECT 0 AS id, points FROM series_points WHERE series_id = $1 AND version = $2::bigint
          UNION ALL
          SELECT id, points FROM series_updates WHERE series_id = $1 AND version = $2::bigint
        ) AS pieces ORDER BY id
        """, [id, String(number)])
      return try (0..<rows.rowCount).map { try Hexadecimal.bytes(rows.text($0, 0)) }
    }
  }

  func begin() throws {
    try useAgain { try $0.execute("BEGIN") }
    isInTransaction = true
  }

  func commit() throws {
    try use { try $0.execute("COMMIT") }
    isInTransaction = false
  }

  func rollBack() {
    isInTransaction = false
    // A lost connection has nothing to roll back, and another one should not be made for it.
    guard let current = connection.take() else { return }
    do {
      try current.execute("ROLLBACK")
      connection = consume current
    } catch {
      // Dropped here: what state it is in is not known.
    }
  }

  func insert(_ version: SeriesVersion, points: [UInt8], to id: String) throws {
    let (number, moment) = (String(version.number), String(version.fittedAt.microseconds))
    try use { connection in
      try connection.execute(
        """
        INSERT INTO series (series_id, current_version, created_at) VALUES ($1, $2::bigint, $3::bigint)
        ON CONFLICT (series_id) DO UPDATE SET current_version = excluded.current_version, deleted_at = NULL
        """, [id, number, moment])
      try connection.execute(
        """
        INSERT INTO series_versions (series_id, version, digest, fitted_at, model)
        VALUES ($1, $2::bigint, $3::bytea, $4::bigint, $5)
        """,
        [id, number, Hexadecimal.text(version.digest), moment, version.model.json.text()])
      try connection.execute(
        "INSERT INTO series_points (series_id, version, points) VALUES ($1, $2::bigint, $3::bytea)",
        [id, number, Hexadecimal.text(points)])
    }
  }

  func replace(_ version: SeriesVersion, learned points: [UInt8], of id: String) throws {
    let number = String(version.number)
    try use { connection in
      try connection.execute(
        """
        UPDATE series_versions SET model = $1, digest = $2::bytea, fitted_at = $3::bigint
        WHERE series_id = $4 AND version = $5::bigint
        """,
        [
          version.model.json.text(), Hexadecimal.text(version.digest),
          String(version.fittedAt.microseconds), id, number,
        ])
      try connection.execute(
        "INSERT INTO series_updates (series_id, version, points) VALUES ($1, $2::bigint, $3::bytea)",
        [id, number, Hexadecimal.text(points)])
    }
  }

  func delete(_ id: String, at moment: Timestamp, version: Int) throws {
    try use { connection in
      try connection.execute(
        "UPDATE series SET deleted_at = $1::bigint WHERE series_id = $2",
        [String(moment.microseconds), id])
      try connection.execute(
        """
        INSERT INTO series_audit (happened_at, action, series_id, version)
        VALUES ($1::bigint, 'delete', $2, $3::bigint)
        """, [String(moment.microseconds), id, String(version)])
    }
  }
}

/// Bytes as PostgreSQL writes them: `\x` and two digits each.
private enum Hexadecimal {
  private static let digits = Array("0123456789abcdef".utf8)

  static func text(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = [UInt8(ascii: "\\"), UInt8(ascii: "x")]
    text.reserveCapacity(2 + 2 * bytes.count)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  static func bytes(_ text: String?) throws(SeriesStoreError) -> [UInt8] {
    let digits = Array((text ?? "").utf8)
    guard digits.count >= 2, digits.count.isMultiple(of: 2), digits[1] == UInt8(ascii: "x") else {
      throw .damaged(reason: "bytes are not in the hex form; leave bytea_output as it is")
    }
    return stride(from: 2, to: digits.count, by: 2).map {
      value(digits[$0]) << 4 | value(digits[$0 + 1])
    }
  }

  private static func value(_ digit: UInt8) -> UInt8 { digit < 58 ? digit - 48 : digit - 87 }
}
