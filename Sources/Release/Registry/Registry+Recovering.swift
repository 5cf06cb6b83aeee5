import Files
import SQLite

extension Registry {
  /// Finishes or undoes what a writer left half-done; call it with the lock.
  ///
  /// - Complexity: O(aliases of all models), independent of versions and history.
  func recover() throws {
    for announcement in try catalogue.announcements() {
      let folder = layout.versionFolder(announcement.event.model, announcement.version)
      let sums = "\(folder)/\(ContentSums.fileName)"
      // The folder appears complete or not at all, so its sums tell which of the two happened.
      if FileSystem.exists(sums),
        SHA256.digest(of: try FileSystem.read(sums)).hexadecimal == announcement.digest
      {
        try catalogue.conclude(announcement)
      } else {
        try catalogue.withdraw(announcement)
      }
    }
    try finishRemovals()
    for model in try catalogue.modelNames() { try mirrorAliases(of: model) }
    try AuditLog(path: layout.auditLog).catchUp(with: catalogue, root: layout.root)
  }

  func catchUpLog() throws {
    try AuditLog(path: layout.auditLog).catchUp(with: catalogue, root: layout.root)
    reached(.auditLogged)
  }

  /// Makes the links of a model equal to its aliases in the catalogue.
  func mirrorAliases(of model: String) throws {
    let aliases = try catalogue.aliases(of: model)
    let folder = layout.aliasFolder(model)
    if !FileSystem.isDirectory(folder) {
      guard !aliases.isEmpty else { return }
      try FileSystem.createDirectory(folder)
      try FileSystem.synchronize(folder: layout.modelFolder(model))
    }
    let wanted = Dictionary(
      aliases.map { ($0.alias, layout.aliasTarget($0.version)) }, uniquingKeysWith: { $1 })
    // What is no link, or leads elsewhere, is replaced; what nobody knows, also temporary names, goes.
    let present = Set(try FileSystem.contents(ofDirectory: folder))
    for (alias, target) in wanted.sorted(by: { $0.key < $1.key }) {
      let path = layout.aliasLink(model, alias)
      if present.contains(alias), (try? FileSystem.symbolicLinkTarget(path)) == target { continue }
      try FileSystem.replaceSymbolicLink(at: path, target: target)
    }
    for entry in present where wanted[entry] == nil {
      try FileSystem.removeTree("\(folder)/\(entry)")
    }
  }

  /// Removes the folders of versions that are marked as removed.
  func finishRemovals() throws {
    let pending = try catalogue.connection.rows("SELECT model, version FROM removals") {
      ($0.text(at: 0), Int($0.integer(at: 1)))
    }
    for (model, version) in pending {
      let folder = layout.versionFolder(model, version)
      let doomed = "\(layout.modelFolder(model))/.removed-\(version)"
      // First the name, in one step, so that no reader meets half a version.
      if FileSystem.exists(folder) { try FileSystem.move(folder, to: doomed) }
      reached(.removalRenamed)
      try FileSystem.removeTree(doomed)
      try FileSystem.removeTree(layout.signature(model, version))
      try catalogue.connection.execute(
        "DELETE FROM removals WHERE model = ? AND version = ?",
        [.text(model), .integer(Int64(version))])
    }
  }
}
