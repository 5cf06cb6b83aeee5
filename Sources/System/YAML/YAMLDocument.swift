public import JSON

/// One YAML document as a JSON value that remembers where each part of it stood.
///
/// Accepted is what configuration needs: mappings with plain text keys, sequences, scalars of the YAML 1.2 core
/// schema, anchors and aliases. Refused, with the place: duplicate keys, tags, merge keys, more than one document,
/// NaN and infinities, integers beyond 64 bits, nesting deeper than 64, more than 100,000 values after aliases are
/// replaced by what they stand for, and texts longer than 4 MiB.
public struct YAMLDocument: Equatable, Sendable {
  /// The content.
  public let json: JSONValue
  /// Name of the file the text came from, for messages.
  public let file: String?
  private let positions: [String: YAMLPosition]

  /// Reads the one document in `bytes`, which are UTF-8.
  ///
  /// - Parameters:
  ///   - bytes: The text; an empty one is the value `null`.
  ///   - file: Its name for messages.
  /// - Throws: `YAMLError` with line and column.
  public init(parsing bytes: [UInt8], file: String? = nil) throws(YAMLError) {
    var composer = YAMLComposer(file: file)
    json = try composer.compose(bytes)
    positions = composer.positions
    self.file = file
  }

  /// Reads the one document in `text`.
  public init(parsing text: String, file: String? = nil) throws(YAMLError) {
    try self.init(parsing: Array(text.utf8), file: file)
  }

  /// Where the value at `path` stands, such as `features[2].window`; for a key that is absent, where the nearest
  /// value around it stands.
  public func position(of path: String) -> YAMLPosition {
    var path = path[...]
    while true {
      if let position = positions[String(path)] { return position }
      guard let cut = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { break }
      path = path[..<cut]
    }
    return positions[""] ?? YAMLPosition(line: 1, column: 1)
  }

  /// The error that says `reason` about the value at `path`, with file, line and column.
  public func error(at path: String, _ reason: String) -> YAMLError {
    YAMLError(file: file, position: position(of: path), path: path, reason: reason)
  }
}
