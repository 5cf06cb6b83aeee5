/// How a version is named by people: `fraud`, `fraud@champion`, `fraud/3`, `fraud@sha256:ab12…`.
public struct ModelReference: Hashable, Sendable, CustomStringConvertible {
  /// Which version of the model is meant.
  public enum Selector: Hashable, Sendable {
    /// The version that the alias stands for; `latest` is the newest.
    case alias(String)
    /// The version of this number.
    case version(Int)
    /// The version whose content digest starts with these hexadecimal digits.
    case digest(prefix: String)
  }

  /// Name of the model.
  public let name: String
  /// Which of its versions.
  public let selector: Selector

  /// Makes a reference from checked parts.
  ///
  /// - Throws: `RegistryError.invalidName` or `invalidReference`.
  public init(name: String, selector: Selector) throws(RegistryError) {
    try RegistryName.check(model: name)
    switch selector {
    case .alias(let alias): try RegistryName.check(readingAlias: alias)
    case .version(let version):
      guard version > 0 else {
        throw .invalidReference("\(name)/\(version)", reason: "versions count from 1")
      }
    case .digest(let prefix):
      guard (4...64).contains(prefix.utf8.count), prefix.utf8.allSatisfy(\.isHexadecimal) else {
        throw .invalidReference(
          "\(name)@sha256:\(prefix.prefix(64))", reason: "expected 4 to 64 hexadecimal digits")
      }
    }
    self.name = name
    self.selector = selector
  }

  /// Reads a reference; a bare name means its champion.
  ///
  /// - Throws: `RegistryError.invalidName` or `invalidReference`.
  public init(parsing text: String) throws(RegistryError) {
    if let slash = text.firstIndex(of: "/") {
      let digits = text[text.index(after: slash)...]
      // A version has one spelling: no sign, no leading zero, nothing that a folder could also be called.
      guard let version = Int(digits), String(version) == digits else {
        throw .invalidReference(
          String(text.prefix(RegistryName.byteLimit)), reason: "expected NAME/NUMBER")
      }
      try self.init(name: String(text[..<slash]), selector: .version(version))
    } else if let at = text.firstIndex(of: "@") {
      let rest = text[text.index(after: at)...]
      let scheme = "sha256:"
      let selector: Selector =
        rest.hasPrefix(scheme)
        ? .digest(prefix: rest.dropFirst(scheme.count).lowercased()) : .alias(String(rest))
      try self.init(name: String(text[..<at]), selector: selector)
    } else {
      try self.init(name: text, selector: .alias(RegistryName.champion))
    }
  }

  /// The reference in its full form.
  public var description: String {
    switch selector {
    case .alias(let alias): "\(name)@\(alias)"
    case .version(let version): "\(name)/\(version)"
    case .digest(let prefix): "\(name)@sha256:\(prefix)"
    }
  }
}

extension UInt8 {
  var isHexadecimal: Bool { (48...57).contains(self) || (97...102).contains(self) }
}
