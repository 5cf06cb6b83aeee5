import Files
public import JSON
import SQLite
public import Transactions

/// What rebuilding a catalogue gave.
public struct RebuildSummary: Equatable, Sendable {
  /// Rows of history that were kept.
  public internal(set) var auditRowCount = 0
  /// References of versions that had no record and were taken in.
  public internal(set) var adopted: [String] = []
  /// References of versions on record whose folder is gone or differs.
  public internal(set) var damaged: [String] = []
  /// Folders without a record that are no intact version, with the reason; they stay where they are.
  public internal(set) var unusable: [String] = []

  /// The summary as a JSON object.
  public var json: JSONValue {
    func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
    return [
      "audit_row_count": .integer(Int64(auditRowCount)), "adopted": list(adopted),
      "damaged": list(damaged), "unusable": list(unusable),
    ]
  }
}

extension Registry {
  /// Makes the catalogue anew, from the longer of its own audit and the copy of it, and from the folders.
  ///
  /// With the history at hand the tables come out exactly as they were. Versions without a record are taken in as of
  /// the time of their files; aliases are taken from the links only when there is no history at all. The old
  /// catalogue is kept as `catalogue.old`.
  ///
  /// - Throws: `RegistryError`: `brokenAudit` when neither audit is sound, or when they contradict each other.
  public static func rebuild(
    root: String, by actor: String, at moment: Timestamp, secondsAllowed: Double = 10,
    observer: @escaping @Sendable (RegistryStep) -> Void = { _ in }
  ) throws(RegistryError) -> RebuildSummary {
    let layout = RegistryLayout(root: root)
    try RegistryText.check(actor: actor)
    return try RegistryError.wrapping {
      guard try FileSystem.exists(layout.catalogue) || hasContents(layout) else {
        throw RegistryError.notARegistry(root: layout.root)
      }
      try FileSystem.createDirectory(layout.modelsFolder)
      let lock = try acquireLock(layout, secondsAllowed)
      return try withExtendedLifetime(lock) {
        let summary = try replaceCatalogue(layout, actor, moment, observer)
        try Registry(
          layout, try Catalogue.open(layout.catalogue, .readWrite), .readWrite, secondsAllowed,
          observer
        ).recover()
        return summary
      }
    }
  }

  private static func replaceCatalogue(
    _ layout: RegistryLayout, _ actor: String, _ moment: Timestamp,
    _ observer: (RegistryStep) -> Void
  ) throws -> RebuildSummary {
    let history = try soundHistory(layout)
    var summary = RebuildSummary()
    summary.auditRowCount = history.rows.count
    try make(layout) { catalogue in
      for row in history.rows { try catalogue.store(row) }
      try adoptFolders(layout, catalogue, actor, moment, &summary)
      if history.rows.isEmpty { try adoptLinks(layout, catalogue, actor, moment) }
    }
    observer(.rebuildWritten)
    for suffix in Catalogue.fileSuffixes {
      try FileSystem.removeTree(layout.oldCatalogue + suffix)
      // Also a log without its database goes: beside another one it would be taken for that one's.
      if FileSystem.exists(layout.catalogue + suffix) {
        try FileSystem.move(layout.catalogue + suffix, to: layout.oldCatalogue + suffix)
      }
    }
    if !history.isLogSound {
      try FileSystem.move(layout.auditLog, to: layout.auditLog + ".old")
    }
    observer(.rebuildCleared)
    try FileSystem.move(layout.newCatalogue, to: layout.catalogue)
    return summary
  }

  /// The longer of the two histories that are sound, when one is the beginning of the other.
  private static func soundHistory(
    _ layout: RegistryLayout
  ) throws -> (rows: [AuditRow], isLogSound: Bool) {
    let logged = Result { try AuditLog(path: layout.auditLog).rows() }
    let recorded = Result { () throws -> [AuditRow] in
      guard FileSystem.exists(layout.catalogue) else { return [] }
      var rows: [AuditRow] = []
      try Catalogue.open(layout.catalogue, .readWrite).rows(after: 0, hash: AuditRow.origin) {
        rows.append($0)
      }
      return rows
    }
    switch (logged, recorded) {
    case (.success(let log), .success(let own)):
      if let index = zip(log, own).enumerated().first(where: { $1.0 != $1.1 })?.offset {
        throw RegistryError.brokenAudit(
          sequence: index + 1, place: layout.auditLog,
          reason: "the catalogue has another row there, and both chains are sound")
      }
      return (log.count > own.count ? log : own, true)
    case (.success(let log), .failure(let error)):
      // Without any history to put in its place, a damaged one is not thrown away.
      if log.isEmpty && FileSystem.exists(layout.auditLog) { throw error }
      return (log, true)
    case (.failure(let error), .success(let own)):
      guard !own.isEmpty else { throw error }
      return (own, false)
    case (.failure(let error), .failure): throw error
    }
  }

  private static func adoptFolders(
    _ layout: RegistryLayout, _ catalogue: borrowing Catalogue, _ actor: String,
    _ moment: Timestamp, _ summary: inout RebuildSummary
  ) throws {
    for model in try catalogue.modelNames() {
      for record in try catalogue.versions(of: model) {
        let folder = layout.versionFolder(model, record.version)
        if record.isRemoved {
          guard FileSystem.exists(folder) else { continue }
          try catalogue.markForRemoval(model, record.version)
        } else if !ContentSums.findings(
          inVersion: folder, digest: record.digest, name: model
        ).isEmpty {
          summary.damaged.append("\(model)/\(record.version)")
        }
      }
    }
    for model in try layout.models() {
      for version in try layout.versions(of: model)
      where try catalogue.version(model, version) == nil {
        let reference = "\(model)/\(version)"
        let folder = layout.versionFolder(model, version)
        let sumsPath = "\(folder)/\(ContentSums.fileName)"
        let digest = (try? SHA256.digest(ofFile: sumsPath).hexadecimal) ?? ""
        let findings = ContentSums.findings(inVersion: folder, digest: digest, name: model)
        if let finding = findings.first {
          summary.unusable.append("\(reference): \(finding)")
          continue
        }
        if let twin = try catalogue.versions(of: model, digestPrefix: digest).first {
          summary.unusable.append("\(reference): it equals \(model)/\(twin.version)")
          continue
        }
        let event = AuditEvent(
          actor: actor, action: .versionAdopted, model: model, version: version,
          details: details(
            digest: digest, byteCount: try ContentSums.byteCount(ofFilesIn: folder, name: model),
            createdAt: Timestamp(microseconds: try FileSystem.modificationTime(of: sumsPath)),
            parent: nil, tags: [:], description: ""))
        _ = try catalogue.append(event, at: moment)
        summary.adopted.append(reference)
      }
    }
  }

  private static func adoptLinks(
    _ layout: RegistryLayout, _ catalogue: borrowing Catalogue, _ actor: String,
    _ moment: Timestamp
  ) throws {
    for model in try layout.models() {
      let folder = layout.aliasFolder(model)
      guard FileSystem.isDirectory(folder) else { continue }
      for alias in try FileSystem.contents(ofDirectory: folder) {
        // A name or a target that this program never writes is not believed.
        guard let version = try? layout.resolveAlias(model, alias),
          try catalogue.version(model, version) != nil
        else { continue }
        _ = try catalogue.append(
          AuditEvent(
            actor: actor, action: .aliasMoved, model: model, version: version, alias: alias,
            reason: "found as a link while the catalogue was rebuilt"), at: moment)
      }
    }
  }
}
