/// Why a text is not a JSON document; it names the place and never quotes the text.
public struct JSONError: Error, Equatable, CustomStringConvertible {
  /// 1-based line of the first byte that could not be read.
  public let line: Int
  /// 1-based column, in bytes.
  public let column: Int
  /// What the parser expected.
  public let reason: String

  /// Describes a malformed document at `line` and `column`.
  public init(line: Int, column: Int, reason: String) {
    self.line = line
    self.column = column
    self.reason = reason
  }

  public var description: String { "line \(line), column \(column): \(reason)" }
}
