/// How a database is opened.
public struct SQLiteOptions: Equatable, Sendable {
  /// Who may change the file.
  public enum Access: Equatable, Sendable {
    /// Reads and writes; makes the file when there is none.
    case create
    /// Reads and writes a file that exists.
    case readWrite
    /// Reads only.
    case readOnly
    /// Reads a file that nobody can change, such as a copy on a read-only medium, without locks and without its logs.
    case immutable
  }

  /// How changes reach the file.
  public enum Journal: Equatable, Sendable {
    /// Write-ahead log: readers and one writer do not block each other. Needs a local file system.
    case writeAheadLog
    /// Rollback journal: one file again as soon as the last transaction ends.
    case rollback
  }

  /// When a commit returns.
  public enum Synchronous: Equatable, Sendable {
    /// After the bytes are on the disk: no committed transaction is lost when the power fails.
    case full
    /// Earlier: the newest transactions may be lost when the power fails, the database stays sound.
    case normal
  }

  /// Who may change the file.
  public var access: Access
  /// How changes reach the file; ignored for `readOnly` and `immutable`.
  public var journal: Journal
  /// When a commit returns.
  public var synchronous: Synchronous
  /// How long to wait for another connection's lock before `SQLiteError.isBusy`, in milliseconds.
  public var busyTimeoutMilliseconds: Int32
  /// Whether the write-ahead log and its index stay when the last connection closes. Then also a reader who may not
  /// write in the folder can open the database, who otherwise could not make them.
  public var keepsWriteAheadLog: Bool

  /// Makes options; the defaults lose nothing and wait five seconds.
  public init(
    access: Access = .create, journal: Journal = .writeAheadLog, synchronous: Synchronous = .full,
    busyTimeoutMilliseconds: Int32 = 5_000, keepsWriteAheadLog: Bool = false
  ) {
    self.access = access
    self.journal = journal
    self.synchronous = synchronous
    self.busyTimeoutMilliseconds = busyTimeoutMilliseconds
    self.keepsWriteAheadLog = keepsWriteAheadLog
  }

  /// Options to look without touching.
  public static let readOnly = SQLiteOptions(access: .readOnly)
}
