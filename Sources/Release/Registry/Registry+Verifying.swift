import Files
public import JSON
import SQLite

/// What a check of a registry found.
public struct RegistryVerification: Equatable, Sendable {
  /// Something that is not as it was registered.
  public struct Finding: Equatable, Sendable {
    /// The model it concerns; empty for the registry itself.
    public let model: String
    /// The version it concerns, if it is one.
    public let version: Int?
    /// What is wrong.
    public let problem: String
  }

  /// How many versions were read.
  public internal(set) var versionCount = 0
  /// How many bytes their files have.
  public internal(set) var byteCount = 0
  /// How many rows of the audit were checked.
  public internal(set) var auditRowCount = 0
  /// Everything that is wrong.
  public internal(set) var findings: [Finding] = []

  /// Whether nothing is wrong.
  public var isIntact: Bool { findings.isEmpty }

  /// The result as a JSON object.
  public var json: JSONValue {
    [
      "intact": .bool(isIntact), "version_count": .integer(Int64(versionCount)),
      "byte_count": .integer(Int64(byteCount)), "audit_row_count": .integer(Int64(auditRowCount)),
      "findings": .array(
        findings.map {
          [
            "model": .string($0.model), "version": $0.version.map { .integer(Int64($0)) } ?? .null,
            "problem": .string($0.problem),
          ]
        }),
    ]
  }
}

extension Registry {
  /// Reads every file of one version and compares it with its checksum; empty when nothing differs.
  public func findings(in name: String, _ version: Int) throws(RegistryError) -> [String] {
    let record = try self.version(name, version)
    return ContentSums.findings(
      inVersion: layout.versionFolder(name, version), digest: record.digest, name: name)
  }

  /// Reads everything: the files of all versions (of one model when named), the aliases and their links, the whole audit
  /// with its copy, and what the catalogue's tables say against what the audit says.
  ///
  /// - Complexity: O(bytes of the versions + rows of the audit).
  public func verify(_ name: String? = nil) throws(RegistryError) -> RegistryVerification {
    if let name { _ = try versions(of: name) }
    return try RegistryError.wrapping {
      var result = RegistryVerification()
      for model in try catalogue.modelNames() where name == nil || model == name {
        try verifyVersions(of: model, &result)
        try verifyLinks(of: model, &result)
      }
      // What a killed writer has announced, the next one finishes: that is no damage.
      let announced = Set(
        try catalogue.announcements().map { "\($0.event.model)/\($0.version)" })
      for model in try layout.models() where name == nil || model == name {
        for version in try layout.versions(of: model)
        where try !announced.contains("\(model)/\(version)")
          && catalogue.version(model, version) == nil
        {
          result.findings.append(
            .init(
              model: model, version: version,
              problem: "the folder was never registered; `anomalyze registry rebuild` takes it in"))
        }
      }
      try verifyAudit(&result)
      return result
    }
  }

  private func verifyVersions(of model: String, _ result: inout RegistryVerification) throws {
    for version in try catalogue.versions(of: model) where !version.isRemoved {
      let problems = ContentSums.findings(
        inVersion: layout.versionFolder(model, version.version), digest: version.digest,
        name: model)
      result.versionCount += 1
      result.byteCount += version.byteCount
      result.findings += problems.map {
        .init(model: model, version: version.version, problem: $0)
      }
    }
  }

  private func verifyLinks(of model: String, _ result: inout RegistryVerification) throws {
    let aliases = try catalogue.aliases(of: model)
    for alias in aliases {
      let target = try? FileSystem.symbolicLinkTarget(layout.aliasLink(model, alias.alias))
      if target != layout.aliasTarget(alias.version) {
        result.findings.append(
          .init(
            model: model, version: alias.version,
            problem: "the link of the alias \(alias.alias) does not lead there; "
              + "the next change of the registry repairs it"))
      }
    }
  }

  private func verifyAudit(_ result: inout RegistryVerification) throws {
    do throws(RegistryError) {
      result.auditRowCount = try verifyAudit().rowCount
    } catch {
      result.findings.append(.init(model: "", version: nil, problem: error.description))
    }
  }

  /// Checks the chain of the audit, its copy, and that the tables follow from it.
  ///
  /// - Throws: `RegistryError.brokenAudit`, `catalogueBehindLog` or `damagedCatalogue`.
  @discardableResult
  public func verifyAudit() throws(RegistryError) -> AuditHead {
    AuditHead(of: try checkedAudit())
  }

  /// Every row of the audit, after the checks of `verifyAudit`.
  func checkedAudit() throws(RegistryError) -> [AuditRow] {
    try RegistryError.wrapping {
      // The log first: it is written after the commit, so what it holds now the catalogue holds a moment later.
      let log = try AuditLog(path: layout.auditLog).rows()
      return try catalogue.connection.inTransaction(.reading) { try checkedAudit(against: log) }
    }
  }

  private func checkedAudit(against log: [AuditRow]) throws -> [AuditRow] {
    var rows: [AuditRow] = []
    try catalogue.rows(after: 0, hash: AuditRow.origin) { rows.append($0) }
    guard log.count <= rows.count else {
      throw RegistryError.catalogueBehindLog(
        root: layout.root, catalogueSequence: rows.count, logSequence: log.count)
    }
    if let index = zip(log, rows).enumerated().first(where: { $1.0 != $1.1 })?.offset {
      throw RegistryError.brokenAudit(
        sequence: index + 1, place: layout.auditLog,
        reason: "it differs from the catalogue's row")
    }
    try compareTables(with: rows)
    return rows
  }

  /// Replays the audit into an empty catalogue in memory and compares the tables.
  private func compareTables(with rows: [AuditRow]) throws {
    let replay = try Catalogue.inMemory()
    try replay.connection.inTransaction { for row in rows { try replay.store(row) } }
    for table in Catalogue.projections {
      guard try catalogue.dump(table) == replay.dump(table) else {
        throw RegistryError.damagedCatalogue(
          root: layout.root, reason: "its table \(table) does not follow from the audit")
      }
    }
  }

  /// Refuses a version whose files are not what was registered.
  func checkIntact(_ name: String, _ version: Int) throws {
    let problems = try findings(in: name, version)
    guard problems.isEmpty else {
      throw RegistryError.damagedVersion(name, version, findings: problems)
    }
  }
}
