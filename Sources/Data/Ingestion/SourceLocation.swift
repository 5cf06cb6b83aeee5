/// Where transactions come from; its text never shows a password.
public enum SourceLocation: Equatable, Sendable, CustomStringConvertible {
  /// A SQLite file.
  case sqlite(path: String)
  /// A PostgreSQL database by libpq's URL.
  case postgresql(url: String)
  /// A CSV file, gzip-compressed when its contents are.
  case csv(path: String)

  /// Reads `postgresql://…`, `postgres://…`, `sqlite:path`, `csv:path`, or a path that ends with `.sqlite`, `.sqlite3`,
  /// `.db`, `.csv` or `.csv.gz`.
  ///
  /// - Throws: `IngestionError.unknownSource` for anything else; the text is not repeated, as it may hold a password.
  public init(parsing text: String) throws(IngestionError) {
    func path(after scheme: String) throws(IngestionError) -> String {
      let path = String(text.dropFirst(scheme.count))
      guard !path.isEmpty else { throw IngestionError.unknownSource }
      return path
    }
    let lowercased = text.lowercased()
    if lowercased.hasPrefix("postgresql://") || lowercased.hasPrefix("postgres://") {
      self = .postgresql(url: text)
    } else if lowercased.hasPrefix("sqlite:") {
      self = .sqlite(path: try path(after: "sqlite:"))
    } else if lowercased.hasPrefix("csv:") {
      self = .csv(path: try path(after: "csv:"))
    } else if [".sqlite", ".sqlite3", ".db"].contains(where: { lowercased.hasSuffix($0) }) {
      self = .sqlite(path: text)
    } else if [".csv", ".csv.gz"].contains(where: { lowercased.hasSuffix($0) }) {
      self = .csv(path: text)
    } else {
      throw IngestionError.unknownSource
    }
  }

  /// The location as it may be shown and stored: passwords are replaced by `***`.
  public var description: String {
    switch self {
    case .sqlite(let path): "sqlite:\(path)"
    case .csv(let path): "csv:\(path)"
    case .postgresql(let url): SourceLocation.masked(url)
    }
  }

  private static func masked(_ url: String) -> String {
    guard let schemeEnd = url.firstRange(of: "://")?.upperBound else { return "postgresql://***" }
    var shown = String(url[..<schemeEnd])
    var rest = url[schemeEnd...]
    // The last @ ends the user's part even when somebody forgot to percent-encode a password.
    if let end = rest.lastIndex(of: "@"), let colon = rest[..<end].firstIndex(of: ":") {
      shown += rest[...colon] + "***"
      rest = rest[end...]
    }
    guard let question = rest.firstIndex(of: "?") else { return shown + rest }
    shown += rest[...question]
    let settings = rest[rest.index(after: question)...].split(
      separator: "&", omittingEmptySubsequences: false)
    let maskedSettings = settings.map { setting -> String in
      guard let equals = setting.firstIndex(of: "=") else { return String(setting) }
      let name = setting[..<equals].lowercased()
      let isSecret = name.contains("password") || name.contains("%") || name.contains("passfile")
      return isSecret ? setting[...equals] + "***" : String(setting)
    }
    return shown + maskedSettings.joined(separator: "&")
  }
}
