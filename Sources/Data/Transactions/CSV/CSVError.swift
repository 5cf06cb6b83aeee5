/// Why a CSV file cannot be read; it names places and kinds, never what a cell holds.
public enum CSVError: Error, Equatable, CustomStringConvertible {
  /// The file cannot be opened, read or decompressed.
  case unreadable(path: String, reason: String)
  /// The file has no header line.
  case noHeader(path: String)
  /// The file has a header and no rows.
  case noRows(path: String)
  /// The bytes are no CSV (RFC 4180) at this line.
  case malformed(path: String, line: Int, reason: String)
  /// A cell does not hold what its column should.
  case invalidValue(path: String, line: Int, column: String, expected: String)
  /// The mapping names a field that does not exist.
  case unknownField(String, known: [String])
  /// The mapping names a column that the file does not have.
  case unknownColumn(String, path: String, columns: [String])
  /// No column of the file holds a field that every transaction has.
  case missingField(String, path: String, columns: [String])
  /// The text is no mapping.
  case malformedMapping(String)

  /// What is wrong, where, and what to do.
  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
    case .noHeader(let path): "\(path) is empty; its first line must name the columns"
    case .noRows(let path): "\(path) has a header and no rows"
    case .malformed(let path, let line, let reason): "\(path), line \(line): \(reason)"
    case .invalidValue(let path, let line, let column, let expected):
      "\(path), line \(line), column \(column): expected \(expected)"
    case .unknownField(let name, let known):
      "there is no field \(name) to map; fields are \(known.joined(separator: ", "))"
    case .unknownColumn(let name, let path, let columns):
      "\(path) has no column \(name); it has \(columns.joined(separator: ", "))"
    case .missingField(let field, let path, let columns):
      "no column of \(path) is known to hold \(field); say which with --map \(field)=COLUMN "
        + "(columns: \(columns.joined(separator: ", ")))"
    case .malformedMapping(let text):
      "a mapping is FIELD=COLUMN,FIELD=COLUMN,…, not \"\(text)\""
    }
  }
}
