public import Files
import JSON
import SQLite
public import Transactions

extension Registry {
  /// Makes a new version of the files that `write` puts into a folder.
  ///
  /// The files become visible all at once, read-only, under the next number; a file `SHA256SUMS` is added. Files that are
  /// equal to those of an existing version make no new one: that version is returned. Nothing in the folder may
  /// depend on the clock, or equal models would not be equal; the moment is kept in the catalogue.
  ///
  /// - Parameters:
  ///   - name: the model; it comes into being with its first version.
  ///   - parent: the version it was derived from or compared with.
  ///   - tags: labels of the version.
  ///   - description: what people should know about the version.
  ///   - actor: who registers.
  ///   - moment: when, for the catalogue; no content depends on it.
  ///   - write: puts the files of the version into a folder.
  /// - Throws: `RegistryError`, or what `write` throws; nothing was registered then.
  @discardableResult
  public func register(
    name: String, parent: Int? = nil, tags: [String: String] = [:], description: String = "",
    by actor: String, at moment: Timestamp, write: (borrowing StagedDirectory) throws -> Void
  ) throws -> Registration {
    try RegistryName.check(model: name)
    try RegistryText.check(actor: actor)
    try RegistryText.check(tags: tags, description: description)
    return try changing {
      if let parent { _ = try existingVersion(name, parent) }
      try prepareFolder(of: name)
      let version = try nextNumber(of: name)
      let folder = layout.versionFolder(name, version)
      let staged = try StagedDirectory(destination: folder)
      try write(staged)
      reached(.versionStaged)
      guard !FileSystem.exists("\(staged.path)/\(ContentSums.fileName)") else {
        throw RegistryError.invalidContents(
          name, reason: "\(ContentSums.fileName) is written by the registry")
      }
      let sums = try ContentSums(ofFilesIn: staged.path, name: name)
      if let twin = try catalogue.versions(of: name, digestPrefix: sums.digest).first {
        return Registration(
          version: twin.version, digest: twin.digest, isNew: false,
          folder: layout.versionFolder(name, twin.version))
      }
      let byteCount = try ContentSums.byteCount(ofFilesIn: staged.path, name: name)
      try staged.write(sums.bytes, to: ContentSums.fileName)
      let announcement = Announcement(
        version: version, moment: moment, digest: sums.digest,
        event: AuditEvent(
          actor: actor, action: .versionRegistered, model: name, version: version,
          details: Self.details(
            digest: sums.digest, byteCount: byteCount, createdAt: moment, parent: parent,
            tags: tags, description: description)))
      try catalogue.announce(announcement)
      reached(.versionAnnounced)
      try staged.commit(readOnly: true)
      reached(.versionRenamed)
      try catalogue.conclude(announcement)
      reached(.versionRecorded)
      try catchUpLog()
      return Registration(version: version, digest: sums.digest, isNew: true, folder: folder)
    }
  }

  static func details(
    digest: String, byteCount: Int, createdAt: Timestamp, parent: Int?, tags: [String: String],
    description: String
  ) -> JSONValue {
    [
      "digest": .string(digest), "byte_count": .integer(Int64(byteCount)),
      "created_at": .integer(createdAt.microseconds),
      "parent": parent.map { .integer(Int64($0)) } ?? .null, "tags": RegisteredVersion.json(tags),
      "description": .string(description),
    ]
  }

  private func prepareFolder(of name: String) throws {
    let folder = layout.modelFolder(name)
    if FileSystem.isDirectory(folder) {
      // Only the holder of the lock stages, so a hidden folder is what a killed writer left.
      for entry in try FileSystem.contents(ofDirectory: folder) where entry.hasPrefix(".") {
        let path = "\(folder)/\(entry)"
        if FileSystem.isDirectory(path) { try FileSystem.removeTree(path) }
      }
    } else {
      try FileSystem.createDirectory(folder)
      try FileSystem.synchronize(folder: layout.modelsFolder)
    }
  }

  /// One more than any number that was ever given; a folder that somebody put there by hand is passed over.
  private func nextNumber(of name: String) throws -> Int {
    var version = try catalogue.newestNumber(of: name) + 1
    while FileSystem.exists(layout.versionFolder(name, version)) { version += 1 }
    return version
  }
}

/// A version that is about to get its name: what recovery needs to finish it when the process dies in between.
struct Announcement {
  let version: Int
  let moment: Timestamp
  let digest: String
  let event: AuditEvent
}

extension Catalogue {
  func announce(_ announcement: Announcement) throws {
    let event = announcement.event
    try connection.execute(
      "INSERT INTO announced (model, version, at, digest, actor, details) VALUES (?, ?, ?, ?, ?, ?)",
      [
        .text(event.model), .integer(Int64(announcement.version)),
        .integer(announcement.moment.microseconds), .text(announcement.digest),
        .text(event.actor), .text(event.details.text()),
      ])
  }

  /// Records an announced version and forgets its announcement.
  func conclude(_ announcement: Announcement) throws {
    try connection.inTransaction {
      _ = try append(announcement.event, at: announcement.moment)
      try withdraw(announcement)
    }
  }

  func withdraw(_ announcement: Announcement) throws {
    try connection.execute(
      "DELETE FROM announced WHERE model = ?", [.text(announcement.event.model)])
  }

  func announcements() throws -> [Announcement] {
    try connection.rows("SELECT model, version, at, digest, actor, details FROM announced") {
      row in
      guard let details = try? JSONValue(parsing: row.text(at: 5)) else {
        throw RegistryError.damagedCatalogue(
          root: connection.path, reason: "an announcement is not JSON")
      }
      let version = Int(row.integer(at: 1))
      return Announcement(
        version: version, moment: Timestamp(microseconds: row.integer(at: 2)),
        digest: row.text(at: 3),
        event: AuditEvent(
          actor: row.text(at: 4), action: .versionRegistered, model: row.text(at: 0),
          version: version, details: details))
    }
  }
}
