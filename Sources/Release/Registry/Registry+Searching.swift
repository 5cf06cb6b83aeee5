/// What versions are looked for; every condition that is given must hold.
public struct VersionQuery: Equatable, Sendable {
  /// The model; all models without.
  public var model: String?
  /// A text that the description or the value of a tag contains, in any case of letters.
  public var text: String?
  /// Tags with their exact values.
  public var tags: [String: String]

  /// Describes what is looked for.
  public init(model: String? = nil, text: String? = nil, tags: [String: String] = [:]) {
    self.model = model
    self.text = text
    self.tags = tags
  }

  fileprivate func matches(_ version: RegisteredVersion) -> Bool {
    guard tags.allSatisfy({ version.tags[$0.key] == $0.value }) else { return false }
    guard let text = text?.lowercased() else { return true }
    return ([version.description] + version.tags.values).contains {
      $0.lowercased().contains(text)
    }
  }
}

extension Registry {
  /// The versions with files that match, by model and number.
  ///
  /// - Throws: `RegistryError.unknownModel` when the query names one that does not exist.
  /// - Complexity: O(versions).
  public func versions(
    matching query: VersionQuery
  ) throws(RegistryError) -> [RegisteredVersion] {
    var found: [RegisteredVersion] = []
    let names = if let model = query.model { [model] } else { try models().map(\.name) }
    for name in names {
      found += try versions(of: name).filter(query.matches)
    }
    return found
  }
}
