/// Why a text is not a document this project accepts: names the place, never quotes a value.
public struct YAMLError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Name of the file, or `nil` for text from elsewhere.
  public let file: String?
  /// Where in the text.
  public let position: YAMLPosition
  /// The key in question, as `features[2].window`; empty at the top or where the syntax is broken.
  public let path: String
  /// What is wrong and what to do about it.
  public let reason: String

  /// Describes a mistake at `position`.
  public init(file: String?, position: YAMLPosition, path: String, reason: String) {
    self.file = file
    self.position = position
    self.path = path
    self.reason = reason
  }

  public var description: String {
    let place = file.map { "\($0):\(position)" } ?? "line \(position.line)"
    return path.isEmpty ? "\(place): \(reason)" : "\(place): \(path): \(reason)"
  }
}

/// A place in a text: 1-based line and column, the column in characters.
public struct YAMLPosition: Hashable, Sendable, CustomStringConvertible {
  /// 1-based.
  public let line: Int
  /// 1-based, in characters.
  public let column: Int

  /// Makes the place `line`, `column`.
  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  public var description: String { "\(line):\(column)" }
}
