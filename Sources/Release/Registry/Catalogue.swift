import JSON
import SQLite
import Transactions

/// The tables of a registry: the audit and what follows from it.
///
/// Every change is an audit row; `versions`, `aliases` and the other tables are its projection, written in the same
/// transaction. So the audit alone rebuilds them, and they can be compared with it.
struct Catalogue: ~Copyable {
  let connection: SQLiteConnection

  static let migrations = [
    SQLiteMigration(
      version: 1,
      script: """
        CREATE TABLE audit (
          sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, action TEXT NOT NULL,
          model TEXT NOT NULL, version INTEGER, alias TEXT, hash TEXT NOT NULL,
          document TEXT NOT NULL
        ) STRICT;
        CREATE INDEX audit_by_model ON audit (model, alias, sequence);
        CREATE TRIGGER audit_update BEFORE UPDATE ON audit
          BEGIN SELECT raise(ABORT, 'audit rows are never changed'); END;
        CREATE TRIGGER audit_delete BEFORE DELETE ON audit
          BEGIN SELECT raise(ABORT, 'audit rows are never deleted'); END;
        CREATE TABLE versions (
          model TEXT NOT NULL, version INTEGER NOT NULL, digest TEXT NOT NULL, parent INTEGER,
          created_at INTEGER NOT NULL, created_by TEXT NOT NULL, byte_count INTEGER NOT NULL,
          tags TEXT NOT NULL, description TEXT NOT NULL, is_removed INTEGER NOT NULL,
          PRIMARY KEY (model, version)
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX versions_by_digest ON versions (model, digest) WHERE is_removed = 0;
        CREATE TABLE announced (
          model TEXT PRIMARY KEY, version INTEGER NOT NULL, at INTEGER NOT NULL,
          digest TEXT NOT NULL, actor TEXT NOT NULL, details TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE removals (
          model TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (model, version)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE aliases (
          model TEXT NOT NULL, alias TEXT NOT NULL, version INTEGER NOT NULL,
          sequence INTEGER NOT NULL, moved_at INTEGER NOT NULL, moved_by TEXT NOT NULL,
          PRIMARY KEY (model, alias)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE gates (
          sequence INTEGER PRIMARY KEY, model TEXT NOT NULL, version INTEGER NOT NULL,
          alias TEXT NOT NULL, is_accepted INTEGER NOT NULL, decision TEXT NOT NULL
        ) STRICT;
        CREATE INDEX gates_by_version ON gates (model, version);
        CREATE TABLE approvals (
          sequence INTEGER PRIMARY KEY, model TEXT NOT NULL, version INTEGER NOT NULL,
          digest TEXT NOT NULL, actor TEXT NOT NULL, at INTEGER NOT NULL, comment TEXT NOT NULL
        ) STRICT;
        CREATE INDEX approvals_by_version ON approvals (model, version);
        CREATE TABLE runs (
          sequence INTEGER PRIMARY KEY, model TEXT NOT NULL, version INTEGER, at INTEGER NOT NULL,
          actor TEXT NOT NULL, details TEXT NOT NULL
        ) STRICT;
        CREATE INDEX runs_by_model ON runs (model);
        """)
  ]

  /// What SQLite appends to the name of the catalogue for its files.
  static let fileSuffixes = ["", "-wal", "-shm", "-journal"]

  /// Opens a catalogue that exists.
  ///
  /// Its write-ahead log stays when the last writer leaves: a reader who may not write in the folder could not make one.
  static func open(_ path: String, _ access: SQLiteOptions.Access) throws -> Catalogue {
    Catalogue(
      connection: try SQLiteConnection(
        path, options: SQLiteOptions(access: access, keepsWriteAheadLog: true)))
  }

  /// Makes a complete catalogue at `path` and fills it, all in one transaction.
  ///
  /// What is recorded as the moment of migration is 0: the schema has no history worth a clock.
  static func make(_ path: String, _ fill: (borrowing Catalogue) throws -> Void) throws {
    let catalogue = Catalogue(connection: try SQLiteConnection(path))
    try catalogue.connection.inTransaction {
      try catalogue.connection.migrate(migrations, appliedAt: 0)
      try fill(catalogue)
    }
  }

  // MARK: The chain

  /// Number and hash of the last audit row; 0 and the origin when there is none.
  func head() throws -> (sequence: Int, hash: String) {
    try connection.firstRow("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1") {
      (Int($0.integer(at: 0)), $0.text(at: 1))
    } ?? (0, AuditRow.origin)
  }

  /// Adds a row for `event` and applies it; call it in a transaction.
  func append(_ event: AuditEvent, at moment: Timestamp) throws -> AuditRow {
    let head = try head()
    let row = AuditRow(
      sequence: head.sequence + 1, moment: moment, event: event, previousHash: head.hash)
    try store(row)
    return row
  }

  /// Stores a row that follows the last one, and applies it.
  func store(_ row: AuditRow) throws {
    try connection.execute(
      "INSERT INTO audit (sequence, at, action, model, version, alias, hash, document) "
        + "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      [
        .integer(Int64(row.sequence)), .integer(row.moment.microseconds),
        .text(row.action.rawValue), .text(row.model), .optional(row.version.map { Int64($0) }),
        .optional(row.alias), .text(row.hash), .text(row.json.text()),
      ])
    try apply(row)
  }

  /// The rows after `sequence`, each checked against the one before.
  ///
  /// - Throws: `RegistryError.brokenAudit`.
  func rows(after sequence: Int, hash: String, _ body: (AuditRow) throws -> Void) throws {
    var previous = (sequence: sequence, hash: hash)
    var statement = try connection.prepare(
      "SELECT document, sequence, at, action, model, version, alias, hash FROM audit "
        + "WHERE sequence > ? ORDER BY sequence")
    try statement.bind([.integer(Int64(sequence))])
    while try statement.step() {
      let row = try auditRow(
        statement, following: previous)
      let columns = (
        Int(statement.integer(at: 1)), statement.integer(at: 2), statement.text(at: 3),
        statement.text(at: 4)
      )
      let isConsistent =
        columns == (row.sequence, row.moment.microseconds, row.action.rawValue, row.model)
        && statement.optionalInteger(at: 5).map { Int($0) } == row.version
        && statement.optionalText(at: 6) == row.alias && statement.text(at: 7) == row.hash
      guard isConsistent else {
        throw RegistryError.brokenAudit(
          sequence: row.sequence, place: connection.path,
          reason: "its columns differ from its document")
      }
      try body(row)
      previous = (row.sequence, row.hash)
    }
  }

  private func auditRow(
    _ statement: borrowing SQLiteStatement, following previous: (sequence: Int, hash: String)
  ) throws -> AuditRow {
    guard let document = try? JSONValue(parsing: statement.text(at: 0)) else {
      throw RegistryError.brokenAudit(
        sequence: previous.sequence + 1, place: connection.path, reason: "it is not JSON")
    }
    return try AuditRow(document, following: previous, place: connection.path)
  }

  /// The rows about `model` (all when `nil`) and `alias` (all when `nil`), oldest first; their chain is not checked.
  func audit(of model: String?, alias: String?) throws -> [AuditRow] {
    try connection.rows(
      "SELECT document FROM audit WHERE (?1 IS NULL OR model = ?1) AND (?2 IS NULL OR alias = ?2) "
        + "ORDER BY sequence", [.optional(model), .optional(alias)]
    ) { statement in
      guard let document = try? JSONValue(parsing: statement.text(at: 0)),
        let sequence = document["sequence"]?.integerValue,
        let previousHash = document["previous_hash"]?.stringValue
      else {
        throw RegistryError.damagedCatalogue(
          root: connection.path, reason: "an audit row is no JSON object")
      }
      return try AuditRow(
        document, following: (Int(sequence) - 1, previousHash), place: connection.path)
    }
  }
}
