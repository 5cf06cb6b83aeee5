internal import PostgreSQL
internal import SQLite

extension IngestionError {
  /// What a failure of a database file means for whoever wanted transactions from it.
  init(_ error: SQLiteError) {
    let source = "sqlite:\(error.database)"
    if error.code == SQLiteError.newerSchemaCode || error.isMissingObject {
      self = .schemaMismatch(source: source, reason: error.explanation)
    } else if error.isUnavailable {
      self = .sourceUnavailable(source: source, reason: error.explanation)
    } else if error.isBusy {
      self = .busy(what: "another process writes to \(error.database)")
    } else {
      self = .storageFailed(what: source, reason: error.explanation)
    }
  }

  /// What a failure of a PostgreSQL server means for whoever wanted transactions from it.
  init(_ error: PostgreSQLError) {
    switch error.kind {
    case .malformedURL: self = .malformedSource(reason: error.explanation)
    case .missingObject, .unexpectedType, .newerSchema:
      self = .schemaMismatch(source: error.server, reason: error.explanation)
    case .malformedValue:
      self = .malformedInput(source: error.server, row: "query result", reason: error.explanation)
    default: self = .sourceUnavailable(source: error.server, reason: error.explanation)
    }
  }
}

/// Runs `body` and turns the errors of databases into those of this target.
func rethrowing<Result: ~Copyable>(_ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let error as SQLiteError {
    throw IngestionError(error)
  } catch let error as PostgreSQLError {
    throw IngestionError(error)
  }
}
