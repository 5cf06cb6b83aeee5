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
  /// How changes reach the file; ignored for `readOnly`.
  public var journal: Journal
  /// When a commit returns.
  public var synchronous: Synchronous
  /// How long to wait for another connection's lock before `SQLiteError.isBusy`, in milliseconds.
  public var busyTimeoutMilliseconds: Int32

  /// Makes options; the defaults lose nothing and wait five seconds.
  public init(
    access: Access = .create, journal: Journal = .writeAheadLog, synchronous: Synchronous = .full,
    busyTimeoutMilliseconds: Int32 = 5_000
  ) {
    self.access = access
    self.journal = journal
    self.synchronous = synchronous
    self.busyTimeoutMilliseconds = busyTimeoutMilliseconds
  }

  /// Options to look without touching.
  public static let readOnly = SQLiteOptions(access: .readOnly)
}
