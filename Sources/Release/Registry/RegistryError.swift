public import Files
public import SQLite

/// Why a registry cannot do what it was asked; nothing was changed then.
public enum RegistryError: Error, Equatable, CustomStringConvertible {
  /// A name that could not be a folder, a URL or a reference.
  case invalidName(kind: String, name: String, reason: String)
  /// An alias that the registry itself keeps.
  case reservedAlias(String)
  /// A text that names no version.
  case invalidReference(String, reason: String)
  /// A text of people, such as a reason, that is too long or holds control characters.
  case invalidText(of: String, reason: String)
  /// There is no registry in the folder.
  case notARegistry(root: String)
  /// There are versions, but the catalogue is gone.
  case catalogueMissing(root: String)
  /// The catalogue has less history than its log: an old copy was put in its place, or one of them was altered.
  case catalogueBehindLog(root: String, catalogueSequence: Int, logSequence: Int)
  /// The registry was opened for reading only.
  case readOnly(root: String)
  /// Another process is changing the registry and did not finish in time.
  case busy(root: String, holder: Int?)
  /// No model has this name.
  case unknownModel(String, known: [String])
  /// The model has no version of this number.
  case unknownVersion(String, Int, newest: Int?)
  /// The version is no more: retention removed its files.
  case removedVersion(String, Int)
  /// The model has no such alias.
  case unknownAlias(String, String, known: [String])
  /// No version of the model has content of this digest.
  case unknownDigest(String, String)
  /// Several versions begin with these digits.
  case ambiguousDigest(String, String, versions: [Int])
  /// The alias moved since the caller looked.
  case aliasMoved(String, String, expected: Int, actual: Int, version: Int?)
  /// There is no earlier champion to go back to.
  case nothingToRollBack(String)
  /// What was to become a version cannot be one.
  case invalidContents(String, reason: String)
  /// The files of a version are not what was registered.
  case damagedVersion(String, Int, findings: [String])
  /// A link of an alias leads out of its model.
  case damagedLink(path: String)
  /// A row of the audit does not follow from the row before it.
  case brokenAudit(sequence: Int, place: String, reason: String)
  /// The catalogue holds something that this program never writes.
  case damagedCatalogue(root: String, reason: String)
  /// A file could not be read or written.
  case file(FileError)
  /// The catalogue could not be read or written.
  case database(SQLiteError)

  /// What kind of trouble it is; programs turn it into an exit code.
  public enum Kind: Sendable {
    /// The request was wrong: usage.
    case usage
    /// Somebody else was faster, or still is at work: try again.
    case busy
    /// The store cannot be read, written or trusted.
    case storage
  }

  /// What kind of trouble it is.
  public var kind: Kind {
    switch self {
    case .invalidName, .reservedAlias, .invalidReference, .unknownModel, .unknownVersion,
      .removedVersion, .unknownAlias, .unknownDigest, .ambiguousDigest, .nothingToRollBack,
      .notARegistry, .invalidContents, .invalidText:
      .usage
    case .busy, .aliasMoved: .busy
    case .catalogueMissing, .catalogueBehindLog, .readOnly, .damagedVersion, .damagedLink,
      .brokenAudit, .damagedCatalogue, .file:
      .storage
    case .database(let error): error.isBusy ? .busy : .storage
    }
  }

  public var description: String {
    switch self {
    case .invalidName(let kind, let name, let reason):
      "\(name.debugDescription) cannot be the name of \(kind == "alias" ? "an" : "a") \(kind): \(reason)"
    case .reservedAlias(let alias):
      "the alias \(alias) is kept by the registry; choose another name"
    case .invalidReference(let text, let reason):
      "\(text.debugDescription) names no version: \(reason) "
        + "(write fraud, fraud@champion, fraud/3 or fraud@sha256:ab12)"
    case .invalidText(let what, let reason): "the \(what) cannot be stored: \(reason)"
    case .notARegistry(let root):
      "there is no registry in \(root); train a model first, or name the folder of the registry"
    case .catalogueMissing(let root):
      "\(root) has versions but no catalogue; run `anomalyze registry rebuild`"
    case .catalogueBehindLog(let root, let catalogue, let log):
      "the catalogue of \(root) ends at audit row \(catalogue), its log at \(log); "
        + "run `anomalyze registry rebuild`"
    case .readOnly(let root): "the registry \(root) was opened for reading only"
    case .busy(let root, let holder):
      "another process\(holder.map { " (\($0))" } ?? "") is changing the registry \(root); try again"
    case .unknownModel(let name, let known):
      "no model is called \(name.debugDescription); \(Self.list(known, of: "models"))"
    case .unknownVersion(let name, let version, let newest):
      "\(name) has no version \(version); "
        + (newest.map { "the newest is \($0)" } ?? "it has none yet")
    case .removedVersion(let name, let version):
      "the files of \(name)/\(version) were removed by retention; choose another version"
    case .unknownAlias(let name, let alias, let known):
      alias == RegistryName.champion
        ? "\(name) has no champion yet; promote a version, or name one: \(name)/1, \(name)@latest"
        : "\(name) has no alias \(alias.debugDescription); \(Self.list(known, of: "aliases"))"
    case .unknownDigest(let name, let digest):
      "no version of \(name) has a content digest that starts with \(digest)"
    case .ambiguousDigest(let name, let digest, let versions):
      "\(digest) is the start of the digests of \(name) "
        + "\(versions.map(String.init).joined(separator: ", ")); give more digits"
    case .aliasMoved(let name, let alias, let expected, let actual, let version):
      "\(name)@\(alias) is at sequence \(actual)"
        + (version.map { " (version \($0))" } ?? " (not set)")
        + ", not at \(expected); look at what changed and repeat with --expect \(actual)"
    case .nothingToRollBack(let name):
      "\(name) has no earlier champion that still exists; promote a version instead"
    case .invalidContents(let name, let reason): "\(name) cannot get this version: \(reason)"
    case .damagedVersion(let name, let version, let findings):
      "\(name)/\(version) is not what was registered: \(findings.prefix(3).joined(separator: "; "))"
        + (findings.count > 3 ? " and \(findings.count - 3) more" : "")
        + "; restore its folder from a copy, or train again"
    case .damagedLink(let path):
      "\(path) does not lead to a version of its model; run `anomalyze registry rebuild`"
    case .brokenAudit(let sequence, let place, let reason):
      "the audit in \(place) is broken at row \(sequence): \(reason); "
        + "compare it with a copy before you trust it"
    case .damagedCatalogue(let root, let reason):
      "the catalogue of \(root) is damaged: \(reason); run `anomalyze registry rebuild`"
    case .file(let error): error.description
    case .database(let error): error.description
    }
  }

  private static func list(_ names: [String], of what: String) -> String {
    guard !names.isEmpty else { return "there are no \(what) yet" }
    return "its \(what) are \(names.prefix(8).joined(separator: ", "))"
      + (names.count > 8 ? ", …" : "")
  }
}

extension RegistryError {
  /// Runs `body` and makes registry errors of those of files and catalogue; others pass.
  static func converting<Result: ~Copyable>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as FileError {
      throw RegistryError.file(error)
    } catch let error as SQLiteError {
      throw RegistryError.database(error)
    }
  }

  /// Runs `body`, whose errors are those of files, catalogue or registry, and makes registry errors of them.
  static func wrapping<Result: ~Copyable>(
    _ body: () throws -> Result
  ) throws(RegistryError) -> Result {
    do {
      return try converting(body)
    } catch let error as RegistryError {
      throw error
    } catch {
      preconditionFailure("an error of an unexpected type: \(error)")
    }
  }
}
