internal import CSQLite

/// Why SQLite refused: its own code and message, the database and the statement, never a bound value.
public struct SQLiteError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The code of a database whose schema a newer version of this project wrote; SQLite's own codes are positive.
  public static let newerSchemaCode: Int32 = -1

  /// SQLite's extended result code, or a negative code of this library.
  public let code: Int32
  /// SQLite's message.
  public let message: String
  /// Path of the database file.
  public let database: String
  /// The statement with its placeholders, when one was at work.
  public let statement: String?

  /// Describes a refusal.
  public init(code: Int32, message: String, database: String, statement: String? = nil) {
    self.code = code
    self.message = message
    self.database = database
    self.statement = statement
  }

  /// The result code without its extension.
  public var primaryCode: Int32 { code < 0 ? code : code & 0xFF }

  /// True when another connection held the lock for longer than the busy timeout.
  public var isBusy: Bool { primaryCode == SQLITE_BUSY || primaryCode == SQLITE_LOCKED }

  /// True when a unique, check, foreign key or not-null constraint refused a row.
  public var isConstraintViolation: Bool { primaryCode == SQLITE_CONSTRAINT }

  /// True when the file is missing or may not be opened.
  public var isUnavailable: Bool {
    primaryCode == SQLITE_CANTOPEN || primaryCode == SQLITE_PERM || primaryCode == SQLITE_AUTH
  }

  /// True when the file is damaged, or is no SQLite database at all.
  public var isCorrupt: Bool { primaryCode == SQLITE_CORRUPT || primaryCode == SQLITE_NOTADB }

  /// True when the file, or the disk it lies on, takes no more writes.
  public var isWriteRefused: Bool {
    primaryCode == SQLITE_READONLY || primaryCode == SQLITE_FULL || primaryCode == SQLITE_IOERR
  }

  public var description: String {
    var text = "SQLite database \(database): \(message) (code \(code))"
    if let statement { text += " in `\(statement)`" }
    if let remedy { text += "; \(remedy)" }
    return text
  }

  /// Message and remedy, for callers who name the database themselves.
  public var explanation: String { message + (remedy.map { "; \($0)" } ?? "") }

  /// True when a table or column in the statement does not exist.
  public var isMissingObject: Bool {
    primaryCode == SQLITE_ERROR
      && (message.hasPrefix("no such table") || message.hasPrefix("no such column"))
  }

  private var remedy: String? {
    if isMissingObject { return "create the schema with `anomalyze db init`" }
    return switch primaryCode {
    case SQLITE_BUSY, SQLITE_LOCKED:
      "another process is writing: wait for it, or raise the busy timeout"
    case SQLITE_CANTOPEN: "check that the folder exists and that this user may read and write it"
    case SQLITE_PERM, SQLITE_AUTH, SQLITE_READONLY:
      "check the owner and mode of the file and of its folder"
    case SQLITE_FULL: "free some disk space"
    case SQLITE_NOTADB: "the file is no SQLite database: check the path"
    case SQLITE_CORRUPT: "the file is damaged: restore it from a backup"
    default: nil
    }
  }
}
