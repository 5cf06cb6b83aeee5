/// Why transactions could not be read, checked or kept.
///
/// Messages name places, columns and kinds of value; never what a row holds, and never a password.
public enum IngestionError: Error, Equatable, CustomStringConvertible {
  /// What went wrong, by what the caller can do about it.
  public enum Kind: Sendable {
    /// The command line or the configuration is wrong.
    case usage
    /// The data does not hold what it should.
    case invalidData
    /// The source cannot be reached.
    case unavailableSource
    /// Another run is at work.
    case busy
    /// A file or store of ours cannot be written, read or trusted.
    case storage
  }

  /// The text names no kind of source.
  case unknownSource
  /// The text of a source cannot be understood in full.
  case malformedSource(reason: String)
  /// A column mapping is not of the form `field=column,field=column`.
  case malformedMapping(reason: String)
  /// An expectation of the data is not one that can be checked.
  case malformedExpectation(reason: String)
  /// A mapping or query names a column that the source does not have.
  case unknownColumn(name: String, source: String, available: [String])
  /// The source has no column for a field that every transaction needs.
  case missingColumn(field: String, source: String, available: [String])
  /// The source cannot be opened or went away.
  case sourceUnavailable(source: String, reason: String)
  /// A value is not of the kind its column needs; `row` says where, such as `line 17`.
  case unreadableValue(source: String, row: String, column: String, expected: String)
  /// A row or file is not of the form its format demands.
  case malformedInput(source: String, row: String, reason: String)
  /// A table is not as this program or the declared schema needs it.
  case schemaMismatch(source: String, reason: String)
  /// There is no row to work on.
  case noRows(source: String)
  /// Rows share an identifier and differ in more than their label.
  case conflictingDuplicates(source: String, count: Int)
  /// Expectations of the declared severity `error` do not hold.
  case validationFailed(findings: [String])
  /// Another run holds the lock.
  case busy(what: String)
  /// A file or store of ours cannot be read or written.
  case storageFailed(what: String, reason: String)
  /// A snapshot is not as it was written.
  case corruptSnapshot(path: String, reason: String)
  /// There is no snapshot of this name.
  case unknownSnapshot(name: String)

  /// What kind of failure this is; programs choose their exit code by it.
  public var kind: Kind {
    switch self {
    case .unknownSource, .malformedSource, .malformedMapping, .malformedExpectation, .unknownColumn,
      .missingColumn,
      .unknownSnapshot:
      .usage
    case .unreadableValue, .malformedInput, .schemaMismatch, .noRows, .conflictingDuplicates,
      .validationFailed:
      .invalidData
    case .sourceUnavailable: .unavailableSource
    case .busy: .busy
    case .storageFailed, .corruptSnapshot: .storage
    }
  }

  public var description: String {
    switch self {
    case .unknownSource:
      "not a source; use postgresql://…, sqlite:PATH, csv:PATH, or a path that ends with .sqlite, .db, .csv or .csv.gz"
    case .malformedSource(let reason): reason
    case .malformedMapping(let reason):
      "bad column mapping: \(reason); write it as user_id=customer_id,time=tx_datetime"
    case .malformedExpectation(let reason): "bad expectation in `validation`: \(reason)"
    case .unknownColumn(let name, let source, let available):
      "\(source) has no column \(name); it has \(available.joined(separator: ", "))"
    case .missingColumn(let field, let source, let available):
      "\(source) has no column for \(field); map one of \(available.joined(separator: ", ")) with --map \(field)=COLUMN"
    case .sourceUnavailable(let source, let reason): "cannot read \(source): \(reason)"
    case .unreadableValue(let source, let row, let column, let expected):
      "\(source), \(row), column \(column): \(expected) expected"
    case .malformedInput(let source, let row, let reason): "\(source), \(row): \(reason)"
    case .schemaMismatch(let source, let reason): "\(source): \(reason)"
    case .noRows(let source): "\(source) has no transactions"
    case .conflictingDuplicates(let source, let count):
      "\(source): \(count) rows repeat the identifier of another transaction with other contents; make tx_id unique"
    case .validationFailed(let findings):
      "the data failed its validation: " + findings.joined(separator: "; ")
    case .busy(let what): "\(what); wait for it to end"
    case .storageFailed(let what, let reason): "\(what): \(reason)"
    case .corruptSnapshot(let path, let reason):
      "snapshot \(path) is damaged: \(reason); remove the folder and pull again"
    case .unknownSnapshot(let name):
      "there is no snapshot \(name); `anomalyze snapshots list` shows all"
    }
  }
}
