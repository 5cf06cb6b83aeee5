import Files

/// Where a registry keeps what: the folders that a server reads without the catalogue.
///
///     <root>/catalogue.sqlite              versions, aliases, audit (SQLite)
///     <root>/audit.jsonl                   the audit again, one row a line, for rebuilding and for people
///     <root>/models/<name>/<version>/      an immutable version: 1, 2, 3, …
///     <root>/models/<name>/<version>.sig   its signature, if it has one
///     <root>/models/<name>/aliases/<alias> symbolic link to ../<version>, replaced by rename
public struct RegistryLayout: Equatable, Sendable {
  /// The folder of the registry.
  public let root: String
  /// Public key in PEM form whose signature a version must carry for those who read only the folders; `nil` for none.
  public let requiredKey: [UInt8]?

  /// Describes the registry in `root`; nothing is read.
  public init(root: String, requiredKey: [UInt8]? = nil) {
    self.requiredKey = requiredKey
    var root = root
    while root.count > 1 && root.hasSuffix("/") { root.removeLast() }
    self.root = root
  }

  /// Path of the catalogue.
  public var catalogue: String { "\(root)/catalogue.sqlite" }
  /// Where a catalogue is made before it gets its name.
  var newCatalogue: String { "\(root)/.catalogue.new" }
  /// Where a catalogue goes that a rebuilt one replaces.
  var oldCatalogue: String { "\(root)/catalogue.old" }
  /// Path of the copy of the audit as lines of JSON.
  public var auditLog: String { "\(root)/audit.jsonl" }
  /// Path of the lock that writers hold.
  public var lock: String { "\(root)/.lock" }
  /// Folder of all models.
  public var modelsFolder: String { "\(root)/models" }

  /// Folder of one model.
  public func modelFolder(_ name: String) -> String { "\(modelsFolder)/\(name)" }
  /// Folder of one version.
  public func versionFolder(_ name: String, _ version: Int) -> String {
    "\(modelFolder(name))/\(version)"
  }
  /// Path of the signature of a version.
  public func signature(_ name: String, _ version: Int) -> String {
    "\(modelFolder(name))/\(version).sig"
  }
  /// Folder of the aliases of a model.
  public func aliasFolder(_ name: String) -> String { "\(modelFolder(name))/aliases" }
  /// Path of the link that stands for an alias.
  public func aliasLink(_ name: String, _ alias: String) -> String {
    "\(aliasFolder(name))/\(alias)"
  }
  /// What the link of an alias holds.
  func aliasTarget(_ version: Int) -> String { "../\(version)" }

  /// The version that an alias stands for; `nil` when the model has no such alias.
  ///
  /// - Throws: `RegistryError.invalidName`, `damagedLink` when the link leads anywhere but to a version of the same
  ///   model, or `file`.
  public func resolveAlias(_ name: String, _ alias: String) throws(RegistryError) -> Int? {
    try RegistryName.check(model: name)
    try RegistryName.check(readingAlias: alias)
    let path = aliasLink(name, alias)
    let found = try RegistryError.wrapping { try FileSystem.symbolicLinkTarget(path) }
    guard let target = found else { return nil }
    guard target.hasPrefix("../"), let version = Self.version(fromFolder: target.dropFirst(3))
    else { throw .damagedLink(path: path) }
    return version
  }

  /// The aliases that have a link, by name.
  public func aliases(of name: String) throws(RegistryError) -> [String: Int] {
    let folder = aliasFolder(name)
    guard FileSystem.isDirectory(folder) else { return [:] }
    return try RegistryError.wrapping {
      var result: [String: Int] = [:]
      for alias in try FileSystem.contents(ofDirectory: folder) where !alias.hasPrefix(".") {
        result[alias] = try resolveAlias(name, alias)
      }
      return result
    }
  }

  /// The names of the models that have a folder, sorted; folders with other names are not models.
  public func models() throws(RegistryError) -> [String] {
    guard FileSystem.isDirectory(modelsFolder) else { return [] }
    return try RegistryError.wrapping {
      try FileSystem.contents(ofDirectory: modelsFolder).filter { name in
        (try? RegistryName.check(model: name)) != nil && FileSystem.isDirectory(modelFolder(name))
      }
    }
  }

  /// The version numbers that have a folder, ascending; `007` and other spellings are not versions.
  public func versions(of name: String) throws(RegistryError) -> [Int] {
    let folder = modelFolder(name)
    guard FileSystem.isDirectory(folder) else { return [] }
    return try RegistryError.wrapping {
      try FileSystem.contents(ofDirectory: folder)
        .compactMap { Self.version(fromFolder: $0) }.sorted()
    }
  }

  static func version(fromFolder name: some StringProtocol) -> Int? {
    guard let version = Int(name), version > 0, String(version) == name else { return nil }
    return version
  }
}
