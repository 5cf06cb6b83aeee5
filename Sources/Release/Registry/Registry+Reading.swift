public import JSON
public import Transactions

extension Registry {
  /// All models, sorted by name.
  public func models() throws(RegistryError) -> [RegisteredModel] {
    try RegistryError.wrapping { try catalogue.models() }
  }

  /// The versions of a model, ascending; those that retention removed only when asked for.
  ///
  /// - Parameters:
  ///   - name: name of the model.
  ///   - includingRemoved: whether removed versions are listed too.
  ///   - limit: how many of the newest; all without.
  /// - Throws: `RegistryError.unknownModel`.
  public func versions(
    of name: String, includingRemoved: Bool = false, newest limit: Int? = nil
  ) throws(RegistryError) -> [RegisteredVersion] {
    try RegistryName.check(model: name)
    return try RegistryError.wrapping {
      try checkModel(name)
      return try catalogue.versions(
        of: name, includingRemoved: includingRemoved, newest: limit)
    }
  }

  /// One version of a model.
  ///
  /// - Throws: `RegistryError.unknownModel`, `unknownVersion` or `removedVersion`.
  public func version(_ name: String, _ version: Int) throws(RegistryError) -> RegisteredVersion {
    try RegistryName.check(model: name)
    return try RegistryError.wrapping { try existingVersion(name, version) }
  }

  /// Where an alias of a model stands; `nil` when it is not set.
  ///
  /// - Throws: `RegistryError.unknownModel`.
  public func alias(_ alias: String, of name: String) throws(RegistryError) -> RegisteredAlias? {
    try RegistryName.check(model: name)
    try RegistryName.check(readingAlias: alias)
    return try RegistryError.wrapping {
      try checkModel(name)
      return try catalogue.alias(name, alias)
    }
  }

  /// The aliases of a model, sorted by name.
  ///
  /// - Throws: `RegistryError.unknownModel`.
  public func aliases(of name: String) throws(RegistryError) -> [RegisteredAlias] {
    try RegistryName.check(model: name)
    return try RegistryError.wrapping {
      try checkModel(name)
      return try catalogue.aliases(of: name)
    }
  }

  /// The version that a reference such as `fraud@champion` stands for.
  ///
  /// - Throws: `RegistryError` with what exists instead.
  public func resolve(_ reference: String) throws(RegistryError) -> ResolvedVersion {
    try resolve(ModelReference(parsing: reference))
  }

  /// The version that a reference stands for.
  public func resolve(_ reference: ModelReference) throws(RegistryError) -> ResolvedVersion {
    try RegistryError.wrapping {
      let name = reference.name
      try checkModel(name)
      let found: RegisteredVersion
      switch reference.selector {
      case .version(let version): found = try existingVersion(name, version)
      case .alias(RegistryName.latest):
        guard let newest = try catalogue.newestVersion(of: name) else {
          throw RegistryError.removedVersion(name, try catalogue.newestNumber(of: name))
        }
        found = newest
      case .alias(let alias):
        guard let current = try catalogue.alias(name, alias) else {
          throw RegistryError.unknownAlias(name, alias, known: try aliasNames(of: name))
        }
        found = try existingVersion(name, current.version)
      case .digest(let prefix):
        let matches = try catalogue.versions(of: name, digestPrefix: prefix)
        guard let match = matches.first else { throw RegistryError.unknownDigest(name, prefix) }
        guard matches.count == 1 else {
          throw RegistryError.ambiguousDigest(
            name, prefix, versions: matches.map(\.version))
        }
        found = match
      }
      return ResolvedVersion(
        name: name, version: found.version, digest: found.digest,
        folder: layout.versionFolder(name, found.version))
    }
  }

  /// What happened to a model, oldest first; to all models when `name` is `nil`.
  public func audit(
    of name: String? = nil, alias: String? = nil
  ) throws(RegistryError) -> [AuditRow] {
    if let name { try RegistryName.check(model: name) }
    return try RegistryError.wrapping {
      if let name { try checkModel(name) }
      return try catalogue.audit(of: name, alias: alias)
    }
  }

  /// Which version an alias stood for at a moment; `nil` when it was not set then.
  ///
  /// The order of rows is their number. When a clock went back, a row counts from the latest moment that any earlier
  /// row has: so at every moment there is one answer, and it never changes later.
  public func history(
    of alias: String, _ name: String, at moment: Timestamp
  ) throws(RegistryError) -> AuditRow? {
    let rows = try audit(of: name, alias: alias)
    var clock: Timestamp?
    var answer: AuditRow?
    for row in rows where row.action.movesAlias {
      let effective = max(clock ?? row.moment, row.moment)
      guard effective <= moment else { break }
      clock = effective
      answer = row
    }
    return answer?.version == nil ? nil : answer
  }

  /// Who approved the content of a version, oldest first.
  public func approvals(of name: String, _ version: Int) throws(RegistryError) -> [Approval] {
    try RegistryName.check(model: name)
    return try RegistryError.wrapping {
      let digest = try existingVersion(name, version).digest
      return try catalogue.approvals(name, version).filter { $0.digest == digest }
    }
  }

  /// What gates said about a version, oldest first: objects with `accepted`, `gates`, `alias` and `sequence`.
  public func decisions(of name: String, _ version: Int) throws(RegistryError) -> [JSONValue] {
    try RegistryName.check(model: name)
    return try RegistryError.wrapping { try catalogue.decisions(name, version) }
  }

  func checkModel(_ name: String) throws {
    guard try catalogue.newestNumber(of: name) > 0 else {
      throw RegistryError.unknownModel(name, known: try catalogue.modelNames())
    }
  }

  func existingVersion(_ name: String, _ version: Int) throws -> RegisteredVersion {
    try checkModel(name)
    guard let found = try catalogue.version(name, version) else {
      throw RegistryError.unknownVersion(
        name, version, newest: try catalogue.newestVersion(of: name)?.version)
    }
    guard !found.isRemoved else { throw RegistryError.removedVersion(name, version) }
    return found
  }

  func aliasNames(of name: String) throws -> [String] {
    try catalogue.aliases(of: name).map(\.alias)
  }
}

extension AuditRow.Action {
  /// Whether it changes where an alias stands.
  public var movesAlias: Bool { [.aliasMoved, .aliasRolledBack, .aliasRemoved].contains(self) }
}
