internal import Evaluation
internal import Features
public import Files
internal import JSON
internal import Models
internal import Registry
internal import Synchronization

/// Follows one alias of one model: whenever it moves, the new version is verified, loaded and swapped in, in one step
/// under the requests; when that fails, the last good version goes on answering.
public final class ModelFollower: Sendable {
  /// Name of the model.
  public let name: String
  /// The alias that is followed.
  public let alias: String
  private let layout: RegistryLayout
  private let unixSeconds: @Sendable () -> Double
  private let report: @Sendable (String) -> Void
  private let stateFolder: String?
  private let served = Mutex<ServedModel?>(nil)
  private let progress = Mutex(Progress())
  /// How many transactions the stored histories have seen.
  private let stored = Mutex<Int64?>(nil)
  /// Held while a version is loaded, so that two looks at the alias do not load it twice.
  private let loading = Mutex(())

  /// What happened so far.
  public struct Progress: Sendable {
    /// How many versions were swapped in.
    public var loadCount = 0
    /// How many attempts failed.
    public var failureCount = 0
    /// Why the version that the alias names is not the one that answers; `nil` when it is.
    public var problem: String?
    /// The version that could not be loaded.
    public var failedVersion: Int?
    /// When the failed version may be tried again, in Unix seconds.
    var nextAttemptAt = 0.0
  }

  init(
    name: String, alias: String, layout: RegistryLayout,
    stateFolder: String? = nil, unixSeconds: @escaping @Sendable () -> Double,
    report: @escaping @Sendable (String) -> Void
  ) {
    self.stateFolder = stateFolder
    self.name = name
    self.alias = alias
    self.layout = layout
    self.unixSeconds = unixSeconds
    self.report = report
  }

  /// The version that answers now; `nil` before the first one was loaded.
  public var current: ServedModel? { served.withLock { $0 } }

  /// What happened so far.
  public var status: Progress { progress.withLock { $0 } }

  /// Looks where the alias points, and loads that version when it is not the one in memory.
  ///
  /// - Parameter isForced: Tries a version again whose last attempt failed a moment ago.
  /// - Returns: whether a new version was swapped in.
  @discardableResult public func refresh(isForced: Bool = false) -> Bool {
    loading.withLock { _ in
      let version: Int
      do {
        guard let found = try layout.resolveAlias(name, alias) else {
          note(failed: nil, "\(name) has no alias \(alias)")
          return false
        }
        version = found
      } catch {
        note(failed: nil, "\(error)")
        return false
      }
      if version == current?.version {
        // A broken version that the alias has left no longer matters.
        progress.withLock { progress in
          progress.problem = nil
          progress.failedVersion = nil
        }
        return false
      }
      let isTooEarly = progress.withLock {
        $0.failedVersion == version && unixSeconds() < $0.nextAttemptAt
      }
      guard isForced || !isTooEarly else { return false }
      do {
        let loaded = try ServedModel.load(
          name, version, from: layout, at: unixSeconds())
        if let current { loaded.inherit(from: current) } else { restore(loaded) }
        served.withLock { $0 = loaded }
        report("loaded \(name)/\(version) for \(name)@\(alias)")
        progress.withLock { progress in
          progress.loadCount += 1
          progress.problem = nil
          progress.failedVersion = nil
        }
        return true
      } catch {
        note(failed: version, "\(name)/\(version): \(error)")
        return false
      }
    }
  }

  private var statePath: String? { stateFolder.map { "\($0)/\(name)@\(alias).safetensors" } }

  /// Continues from the histories that an earlier process left.
  private func restore(_ loaded: ServedModel) {
    guard let statePath, FileSystem.exists(statePath) else { return }
    do {
      try loaded.restore(SafetensorsArchive(contentsOf: statePath))
    } catch {
      report(
        "\(name)@\(alias) goes on from its training data, the stored histories do not fit: \(error)"
      )
    }
  }

  /// Stores the histories when they have moved since they were stored last.
  ///
  /// - Throws: `FileError`.
  public func storeState() throws(FileError) {
    guard let statePath, let served = current else { return }
    // Locked until the file is written: else one that was slower would put older histories in its place.
    try stored.withLock { (stored) throws(FileError) in
      let engine = served.engine
      guard stored != engine.processedCount else { return }
      try FileSystem.writeAtomically(engine.encodedState().encoded(), to: statePath)
      // Only now: what could not be written is tried again.
      stored = engine.processedCount
    }
  }

  private func note(failed version: Int?, _ problem: String) {
    let isNew = progress.withLock { $0.problem != problem }
    if isNew { report("cannot load \(name)@\(alias): \(problem)") }
    progress.withLock { progress in
      if version != nil || isNew { progress.failureCount += 1 }
      progress.problem = problem
      progress.failedVersion = version
      progress.nextAttemptAt = unixSeconds() + 1
    }
  }
}

/// Why a version is not served.
struct ModelLoadError: Error, CustomStringConvertible {
  let description: String
}

extension ServedModel {
  /// Verifies the checksums of a version, reads it, checks its golden scores and restores its feature state.
  static func load(
    _ name: String, _ version: Int, from layout: RegistryLayout, at unixSeconds: Double
  ) throws -> ServedModel {
    let findings = layout.findings(in: name, version)
    guard findings.isEmpty, let digest = layout.digest(of: name, version) else {
      throw ModelLoadError(
        description: findings.prefix(3).joined(separator: ", ")
          + "; register the model again, versions are never repaired")
    }
    let folder = layout.versionFolder(name, version)
    let model = try ScoringModel(loadingFrom: folder)
    return ServedModel(
      name: name, version: version, digest: digest, model: model,
      engine: try model.restoredEngine(from: folder), reference: try reference(in: folder),
      loadedAt: unixSeconds)
  }
  private static func reference(in folder: String) throws -> DriftReference? {
    let path = "\(folder)/reference.json"
    guard FileSystem.exists(path) else { return nil }
    return try DriftReference(JSONValue(parsing: FileSystem.read(path)))
  }
}
