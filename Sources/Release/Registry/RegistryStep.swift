/// The moments between two durable changes; a registry tells its observer when it reaches one.
///
/// They exist for tests that end the process there, and for progress. At every one of them the registry can be opened
/// and is in the old or the new state.
public enum RegistryStep: String, CaseIterable, Sendable {
  /// The files of a new version are written in a hidden folder.
  case versionStaged = "version-staged"
  /// The catalogue knows which version is about to appear.
  case versionAnnounced = "version-announced"
  /// The version has its final name.
  case versionRenamed = "version-renamed"
  /// The version and its audit row are committed.
  case versionRecorded = "version-recorded"
  /// The aliases and their audit rows are committed.
  case aliasRecorded = "alias-recorded"
  /// The links of the aliases are replaced.
  case aliasLinked = "alias-linked"
  /// The copy of the audit is complete.
  case auditLogged = "audit-logged"
  /// Versions are marked as removed.
  case removalRecorded = "removal-recorded"
  /// The folder of a removed version has lost its name.
  case removalRenamed = "removal-renamed"
  /// A rebuilt catalogue is complete beside the old one.
  case rebuildWritten = "rebuild-written"
  /// The old catalogue has made room for the rebuilt one.
  case rebuildCleared = "rebuild-cleared"
}
