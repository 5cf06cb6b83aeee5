internal import JSON
internal import Models
internal import SQLite
internal import Transactions

/// The tables in a SQLite file.
final class SQLiteSeriesTables: SeriesTables {
  private let connection: SQLiteConnection

  /// Opens the file at `path`; `migratedAt` makes what is missing, at that moment.
  init(_ path: String, migratedAt moment: Timestamp?) throws {
    guard let moment else {
      connection = try SQLiteConnection(path, options: SQLiteOptions(access: .readWrite))
      return
    }
    connection = try SQLiteConnection(path)
    try connection.migrate(SeriesStoreSchema.migrations, appliedAt: moment.microseconds)
  }

  func entries(of id: String?) throws -> [StoredEntry] {
    try connection.rows(
      """
      SELECT series_id, version, digest, deleted_at IS NOT NULL FROM series
      JOIN series_versions USING (series_id) WHERE version = current_version
        AND (?1 IS NULL OR series_id = ?1)
      """, [id.map { .text($0) } ?? .null]
    ) { row in
      StoredEntry(
        id: row.text(at: 0), number: Int(row.integer(at: 1)), digest: row.blob(at: 2),
        isDeleted: row.integer(at: 3) != 0)
    }
  }

  func version(_ number: Int, of id: String) throws -> SeriesVersion {
    var statement = try connection.prepare(
      "SELECT model, fitted_at, digest FROM series_versions WHERE series_id = ? AND version = ?")
    try statement.bind([.text(id), .integer(Int64(number))])
    guard try statement.step() else {
      throw SeriesStoreError.versionNotFound(label: SeriesVersion.label(number))
    }
    return try SeriesVersion(
      number, model: statement.text(at: 0), fittedAt: statement.integer(at: 1),
      digest: statement.blob(at: 2))
  }

  func pieces(of number: Int, series id: String) throws -> [[UInt8]] {
    try connection.rows(
      """
      SELECT points FROM series_points WHERE series_id = ?1 AND version = ?2
      UNION ALL SELECT points FROM (
        SELECT points FROM series_updates WHERE series_id = ?1 AND version = ?2 ORDER BY id)
      """, [.text(id), .integer(Int64(number))]
    ) { $0.blob(at: 0) }
  }

  func begin() throws { try connection.execute("BEGIN IMMEDIATE") }
  func commit() throws { try connection.execute("COMMIT") }

  func rollBack() {
    // A full disk may already have rolled everything back.
    if connection.isInTransaction { try? connection.execute("ROLLBACK") }
  }

  func insert(_ version: SeriesVersion, points: [UInt8], to id: String) throws {
    let number = Int64(version.number)
    _ = try connection.execute(
      """
      INSERT INTO series (series_id, current_version, created_at) VALUES (?, ?, ?)
      ON CONFLICT (series_id) DO UPDATE SET current_version = excluded.current_version, deleted_at = NULL
      """, [.text(id), .integer(number), .integer(version.fittedAt.microseconds)])
    _ = try connection.execute(
      """
      INSERT INTO series_versions (series_id, version, digest, fitted_at, model) VALUES (?, ?, ?, ?, ?)
      """,
      [
        .text(id), .integer(number), .blob(version.digest),
        .integer(version.fittedAt.microseconds), .text(version.model.json.text()),
      ])
    _ = try connection.execute(
      "INSERT INTO series_points (series_id, version, points) VALUES (?, ?, ?)",
      [.text(id), .integer(number), .blob(points)])
  }

  func replace(_ version: SeriesVersion, learned points: [UInt8], of id: String) throws {
    _ = try connection.execute(
      """
      UPDATE series_versions SET model = ?, digest = ?, fitted_at = ?
      WHERE series_id = ? AND version = ?
      """,
      [
        .text(version.model.json.text()), .blob(version.digest),
        .integer(version.fittedAt.microseconds), .text(id), .integer(Int64(version.number)),
      ])
    _ = try connection.execute(
      "INSERT INTO series_updates (series_id, version, points) VALUES (?, ?, ?)",
      [.text(id), .integer(Int64(version.number)), .blob(points)])
  }

  func delete(_ id: String, at moment: Timestamp, version: Int) throws {
    _ = try connection.execute(
      "UPDATE series SET deleted_at = ? WHERE series_id = ?",
      [.integer(moment.microseconds), .text(id)])
    _ = try connection.execute(
      "INSERT INTO series_audit (happened_at, action, series_id, version) VALUES (?, ?, ?, ?)",
      [.integer(moment.microseconds), .text("delete"), .text(id), .integer(Int64(version))])
  }
}
