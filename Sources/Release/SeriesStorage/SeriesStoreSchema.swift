internal import PostgreSQL
internal import SQLite

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

  /// The same tables in PostgreSQL, in a schema of their own.
  static let postgreSQLMigrations = [
    PostgreSQLMigration(
      version: 1,
      script: """
        CREATE TABLE series (
          series_id text PRIMARY KEY,
          current_version bigint NOT NULL,
          created_at bigint NOT NULL,
          deleted_at bigint
        );
        CREATE TABLE series_versions (
          series_id text NOT NULL,
          version bigint NOT NULL,
          digest bytea NOT NULL,
          fitted_at bigint NOT NULL,
          model text NOT NULL,
          PRIMARY KEY (series_id, version)
        );
        CREATE TABLE series_points (
          series_id text NOT NULL,
          version bigint NOT NULL,
          points bytea NOT NULL,
          PRIMARY KEY (series_id, version)
        );
        CREATE TABLE series_updates (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          series_id text NOT NULL,
          version bigint NOT NULL,
          points bytea NOT NULL
        );
        CREATE INDEX series_updates_by_version ON series_updates (series_id, version);
        CREATE TABLE series_audit (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          happened_at bigint NOT NULL,
          action text NOT NULL,
          series_id text NOT NULL,
          version bigint NOT NULL
        );
        """)
  ]
}
