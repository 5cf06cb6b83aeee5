internal import JSON
internal import Models
internal import SQLite
internal import Transactions

extension SeriesVersion {
  /// Reads a version.
  ///
  /// - Throws: `SeriesStoreError.versionNotFound` or `.damaged`, or `SQLiteError`.
  convenience init(
    _ number: Int, of id: String, in connection: borrowing SQLiteConnection
  ) throws {
    var statement = try connection.prepare(
      "SELECT model, fitted_at, digest FROM series_versions WHERE series_id = ? AND version = ?")
    try statement.bind([.text(id), .integer(Int64(number))])
    guard try statement.step() else {
      throw SeriesStoreError.versionNotFound(label: SeriesVersion.label(number))
    }
    let model: ThreeSigmaModel
    do {
      model = try ThreeSigmaModel(JSONValue(parsing: statement.text(at: 0)))
    } catch {
      throw SeriesStoreError.damaged(reason: "\(error)")
    }
    self.init(
      number: number, model: model, fittedAt: Timestamp(microseconds: statement.integer(at: 1)),
      digest: statement.blob(at: 2))
  }
}

extension SeriesPoints {
  /// Reads the points of a version, those that it learned after its fit included.
  ///
  /// - Throws: `SeriesStoreError.versionNotFound` or `.damaged`, or `SQLiteError`.
  init(of number: Int, series id: String, in connection: borrowing SQLiteConnection) throws {
    self.init(timestamps: [], values: [])
    var isFound = false
    var statement = try connection.prepare(
      """
      SELECT points FROM series_points WHERE series_id = ?1 AND version = ?2
      UNION ALL SELECT points FROM (
        SELECT points FROM series_updates WHERE series_id = ?1 AND version = ?2 ORDER BY id)
      """)
    try statement.bind([.text(id), .integer(Int64(number))])
    while try statement.step() {
      guard let points = SeriesPoints(encoded: statement.blob(at: 0)) else {
        throw SeriesStoreError.damaged(reason: "stored points are cut")
      }
      isFound = true
      timestamps += points.timestamps
      values += points.values
    }
    guard isFound else {
      throw SeriesStoreError.versionNotFound(label: SeriesVersion.label(number))
    }
  }
}

/// The tables of the series store.
enum SeriesStoreSchema {
  static let migrations = [
    SQLiteMigration(
      version: 1,
      script: """
        CREATE TABLE series (
          series_id TEXT PRIMARY KEY,
          current_version INTEGER NOT NULL,
          created_at INTEGER NOT NULL,
          deleted_at INTEGER
        ) WITHOUT ROWID;
        CREATE TABLE series_versions (
          series_id TEXT NOT NULL,
          version INTEGER NOT NULL,
          digest BLOB NOT NULL,
          fitted_at INTEGER NOT NULL,
          model TEXT NOT NULL,
          PRIMARY KEY (series_id, version)
        ) WITHOUT ROWID;
        CREATE TABLE series_points (
          series_id TEXT NOT NULL,
          version INTEGER NOT NULL,
          points BLOB NOT NULL,
          PRIMARY KEY (series_id, version)
        );
        CREATE TABLE series_audit (
          id INTEGER PRIMARY KEY,
          happened_at INTEGER NOT NULL,
          action TEXT NOT NULL,
          series_id TEXT NOT NULL,
          version INTEGER NOT NULL
        );
        """),
    SQLiteMigration(
      version: 2,
      script: """
        CREATE TABLE series_updates (
          id INTEGER PRIMARY KEY,
          series_id TEXT NOT NULL,
          version INTEGER NOT NULL,
          points BLOB NOT NULL
        );
        CREATE INDEX series_updates_by_version ON series_updates (series_id, version);
        """),
  ]
}
