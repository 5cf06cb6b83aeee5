/// Why a conversation with a PostgreSQL server failed; it holds no password, no parameter and no value of a row.
public struct PostgreSQLError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What went wrong, as far as a caller acts on it.
  public enum Kind: Equatable, Sendable {
    /// The URL or connection string cannot be read.
    case malformedURL
    /// The client library is not installed.
    case missingLibrary
    /// No server answers there, it is starting or stopping, or it has no connection left.
    case serverUnavailable
    /// The server refuses this user or password.
    case authenticationFailed
    /// The database does not exist.
    case missingDatabase
    /// The user may not do this.
    case permissionDenied
    /// The connection broke in the middle: the server stopped, crashed or was cut off.
    case connectionLost
    /// The statement was cancelled, by request or by `statement_timeout`.
    case cancelled
    /// A lock was not available, or transactions contradicted each other; trying again may help.
    case conflict
    /// A table, column or function in the statement does not exist.
    case missingObject
    /// A newer version of this project made the schema.
    case newerSchema
    /// A column has a type that cannot be read as what is wanted.
    case unexpectedType
    /// A value cannot be represented, or bytes are not what the protocol promises.
    case malformedValue
    /// Anything else; see `sqlState`.
    case statementFailed
  }

  /// What went wrong.
  public let kind: Kind
  /// The five characters of the SQLSTATE, when the server gave one.
  public let sqlState: String?
  /// The server's or libpq's primary message, without values.
  public let message: String
  /// The server as a URL without password.
  public let server: String
  /// The statement, when one was at work.
  public let statement: String?

  /// Describes a failure.
  public init(
    _ kind: Kind, sqlState: String? = nil, message: String, server: String, statement: String? = nil
  ) {
    self.kind = kind
    self.sqlState = sqlState
    self.message = message
    self.server = server
    self.statement = statement
  }

  public var description: String {
    var text = "PostgreSQL \(server): \(message)"
    if let sqlState { text += " (SQLSTATE \(sqlState))" }
    if let statement { text += " in `\(statement)`" }
    if let remedy { text += "; \(remedy)" }
    return text
  }

  /// Message, SQLSTATE and remedy, for callers who name the server themselves.
  public var explanation: String {
    var text = message
    if let sqlState { text += " (SQLSTATE \(sqlState))" }
    return text + (remedy.map { "; \($0)" } ?? "")
  }

  private var remedy: String? {
    switch kind {
    case .malformedURL:
      "write postgresql://user:password@host:port/database, with @ : / ? # % in a password percent-encoded"
    case .missingLibrary: "apt-get install libpq5"
    case .serverUnavailable: "check host and port, and that the server is running"
    case .authenticationFailed:
      "check user and password (URL, PGPASSWORD or ~/.pgpass) and pg_hba.conf"
    case .missingDatabase: "create the database or correct its name"
    case .permissionDenied: "have the owner GRANT what is missing"
    case .connectionLost: "look into the server's log, then run the command again"
    case .cancelled: "run it again, or raise statement_timeout"
    case .conflict: "run it again"
    case .missingObject: "create the schema with `anomalyze db init`, or correct the query"
    case .newerSchema: "update the program"
    case .unexpectedType: "cast the column in a query of your own"
    case .malformedValue, .statementFailed: nil
    }
  }
}

extension PostgreSQLError.Kind {
  /// The kind that a SQLSTATE stands for.
  init(sqlState: String) {
    switch sqlState {
    case "28000", "28P01": self = .authenticationFailed
    case "3D000": self = .missingDatabase
    case "42501": self = .permissionDenied
    case "57P01", "57P02", "57P05": self = .connectionLost
    case "57P03": self = .serverUnavailable
    case "57014", "25P03", "25P04": self = .cancelled
    case "40001", "40P01", "55P03": self = .conflict
    case "42P01", "42703", "42883", "3F000": self = .missingObject
    case let state where state.hasPrefix("08"): self = .connectionLost
    case let state where state.hasPrefix("53"): self = .serverUnavailable
    case let state where state.hasPrefix("22"): self = .malformedValue
    default: self = .statementFailed
    }
  }
}

extension String {
  /// The text with everything between double quotes cut out: messages about data and about broken connection strings quote
  /// what must not be printed.
  var withoutQuotedParts: String {
    var result = ""
    var isQuoted = false
    for character in self {
      if character == "\"" {
        if !isQuoted { result += "\"…\"" }
        isQuoted.toggle()
      } else if !isQuoted {
        result.append(character)
      }
    }
    return result
  }
}
