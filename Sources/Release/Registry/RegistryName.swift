/// What models and aliases may be called: names that are safe as a folder, in a URL and in a reference.
public enum RegistryName {
  /// The alias that serving follows; moving it keeps `previous`.
  public static let champion = "champion"
  /// The version that was champion before; kept by the registry and never set by hand.
  public static let previous = "previous"
  /// The newest version; computed and never stored.
  public static let latest = "latest"

  /// Longest name in bytes.
  public static let byteLimit = 128

  /// Checks the name of a model: ASCII letters, digits, `.`, `_` and `-`, not starting with a dot.
  ///
  /// A leading dot is kept for unfinished folders; it also excludes `.` and `..`.
  ///
  /// - Throws: `RegistryError.invalidName`.
  public static func check(model name: String) throws(RegistryError) {
    try check(name, kind: "model") { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
  }

  /// Checks the name of an alias: as of a model, starting with a letter, because `fraud@7` would look like a version.
  ///
  /// - Throws: `RegistryError.invalidName`, or `reservedAlias` for `latest` and `previous`.
  public static func check(alias name: String) throws(RegistryError) {
    if name == latest || name == previous { throw .reservedAlias(name) }
    try check(readingAlias: name)
  }

  /// Checks an alias that is only read, where the reserved ones are allowed.
  static func check(readingAlias name: String) throws(RegistryError) {
    try check(name, kind: "alias") { isLetter($0) }
  }

  private static func check(
    _ name: String, kind: String, first isFirst: (UInt8) -> Bool
  ) throws(RegistryError) {
    guard let first = name.utf8.first else {
      throw .invalidName(kind: kind, name: name, reason: "it is empty")
    }
    guard name.utf8.count <= byteLimit else {
      throw .invalidName(
        kind: kind, name: String(name.prefix(16)) + "…", reason: "it is longer than \(byteLimit)")
    }
    guard name.utf8.allSatisfy({ isLetterOrDigit($0) || ".-_".utf8.contains($0) }) else {
      throw .invalidName(
        kind: kind, name: name, reason: "only A–Z, a–z, 0–9, `.`, `_` and `-` are allowed")
    }
    guard isFirst(first) else {
      throw .invalidName(
        kind: kind, name: name,
        reason: kind == "alias"
          ? "it must start with a letter" : "it must start with a letter, a digit or `_`")
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (65...90).contains(byte) || (97...122).contains(byte)
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    isLetter(byte) || (48...57).contains(byte)
  }
}
