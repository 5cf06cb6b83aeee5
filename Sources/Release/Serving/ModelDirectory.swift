internal import Dispatch
public import Files
internal import JSON
internal import Registry
internal import Synchronization

/// The models that the server answers with: a follower for each alias that it was told to follow.
public final class ModelDirectory: Sendable {
  private let layout: RegistryLayout
  private let isDiscovering: Bool
  private let unixSeconds: @Sendable () -> Double
  private let report: @Sendable (String) -> Void
  private let followers: Mutex<[ModelFollower]>
  private let watch = Mutex<FolderWatch?>(nil)
  private let poll: PollingTimer
  private let storing = PollingTimer()
  private let stateFolder: String?
  private let trialsByModel: [String: [ModelTrial]]
  /// Versions that requests named, the one used last at the end.
  private let pinned = Mutex<[ServedModel]>([])

  /// How many versions that no alias is followed for stay in memory.
  private static let pinnedLimit = 4

  /// Follows aliases of the registry in `root`.
  ///
  /// - Parameters:
  ///   - root: The folder of the registry; it may appear later.
  ///   - references: `NAME` or `NAME@ALIAS`; the first one answers requests that name no model. Without any, the champion
  ///     of every model in the registry is followed, those that appear later included.
  ///   - publicKey: Public key in PEM form; a version without its signature is not loaded. `nil` asks for none.
  ///   - trials: `NAME@ALIAS` of challengers that judge beside the model of that name, and the share of users that they
  ///     answer.
  ///   - stateFolder: Where histories are stored that go on after a restart; without it they end with the process.
  ///   - unixSeconds: The clock.
  ///   - report: Receives one line for every version that is loaded or cannot be.
  /// - Throws: `ServingError.invalidReference` for a reference that is no alias of a model, and for shares of more than all.
  public init(
    root: String, following references: [String], signedBy publicKey: [UInt8]? = nil,
    trials: [(reference: String, share: Double)] = [], stateFolder: String? = nil,
    unixSeconds: @escaping @Sendable () -> Double,
    report: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(ServingError) {
    let layout = RegistryLayout(root: root, requiredKey: publicKey)
    self.layout = layout
    self.unixSeconds = unixSeconds
    self.report = report
    isDiscovering = references.isEmpty
    self.stateFolder = stateFolder
    func follower(_ text: String) throws(ServingError) -> ModelFollower {
      let (name, alias) = try ModelDirectory.alias(parsing: text)
      return ModelFollower(
        name: name, alias: alias, layout: layout, stateFolder: stateFolder,
        unixSeconds: unixSeconds, report: report)
    }
    var followers: [ModelFollower] = []
    for text in references { followers.append(try follower(text)) }
    var trialsByModel: [String: [ModelTrial]] = [:]
    for (text, share) in trials {
      let challenger = try follower(text)
      let others = trialsByModel[challenger.name] ?? []
      let start = others.reduce(0) { $0 + $1.share }
      // A sum of percentages may be off by what adding them rounds.
      guard start + share <= 1 + 1e-9 else {
        throw .invalidReference(text, reason: "its model's challengers answer more than all users")
      }
      trialsByModel[challenger.name] =
        others + [ModelTrial(challenger: challenger, share: share, after: start)]
    }
    self.trialsByModel = trialsByModel
    self.followers = Mutex(followers)
    poll = PollingTimer()
    refresh()
  }

  private static func alias(parsing text: String) throws(ServingError) -> (
    name: String, alias: String
  ) {
    let reference: ModelReference
    do throws(RegistryError) {
      reference = try ModelReference(parsing: text)
    } catch {
      throw .invalidReference(text, reason: "\(error)")
    }
    guard case .alias(let alias) = reference.selector else {
      throw .invalidReference(text, reason: "a version never moves; follow an alias of it")
    }
    return (reference.name, alias)
  }

  /// Follows the aliases from now on: the system tells when one moves, and a look every `milliseconds` finds what it did
  /// not tell, such as a move by another machine.
  public func startFollowing(lookingEveryMilliseconds milliseconds: Int) {
    let look: @Sendable () -> Bool = { [weak self] in
      self?.watchFolders()
      self?.refresh()
      return self != nil
    }
    guard let watch = FolderWatch() else {
      // Without watches the pause is half of the time from a promotion to the first answer by it.
      poll.start(everyMilliseconds: min(milliseconds, 20)) { _ = look() }
      return
    }
    self.watch.withLock { $0 = watch }
    DispatchQueue(label: "folder-watch").async {
      while look() { watch.wait(atMostMilliseconds: milliseconds) }
    }
  }

  /// Watches the folders in which aliases move and models appear; those that are new since the last time, too.
  private func watchFolders() {
    watch.withLock { watch in
      guard let watch else { return }
      if isDiscovering {
        watch.add(layout.modelsFolder)
        for name in (try? layout.models()) ?? [] { watch.add(layout.modelFolder(name)) }
      }
      for follower in all + trialsByModel.values.joined().map(\.challenger) {
        watch.add(layout.aliasFolder(follower.name))
      }
    }
  }

  /// Stores the histories of all models every `seconds` from now on.
  public func startStoring(everySeconds seconds: Int) {
    storing.start(everyMilliseconds: seconds * 1_000) { [weak self] in
      do throws(FileError) {
        try self?.storeStates()
      } catch {
        self?.report("cannot store the histories: \(error)")
      }
    }
  }

  /// Loads what the aliases name now; `true` when a new version was swapped in.
  @discardableResult public func refresh(isForced: Bool = false) -> Bool {
    discover()
    for trial in trialsByModel.values.joined() { trial.challenger.refresh(isForced: isForced) }
    return all.reduce(false) { $1.refresh(isForced: isForced) || $0 }
  }

  /// Stores the histories of all models.
  ///
  /// - Throws: `FileError`.
  public func storeStates() throws(FileError) {
    for follower in all + trialsByModel.values.joined().map(\.challenger) {
      try follower.storeState()
    }
  }

  /// Waits until the challengers have judged everything that was handed to them.
  public func finishTrials() {
    for trial in trialsByModel.values.joined() { trial.finish() }
  }

  /// The challengers of a model.
  func trials(of name: String) -> [ModelTrial] { trialsByModel[name] ?? [] }

  /// The challengers that judge beside a version which answers; none beside other versions.
  func trials(beside served: ServedModel) -> [ModelTrial] {
    guard let trials = trialsByModel[served.name],
      follower(of: served.name)?.current === served
    else { return [] }
    return trials
  }

  /// A version of a model, read from its folder unless it is in memory; `nil` when there is none.
  ///
  /// - Throws: `ModelLoadError` or whatever else makes it unfit.
  func version(_ number: Int, of name: String) throws -> ServedModel? {
    let followed = all.first { $0.name == name && $0.current?.version == number }
    if let served = followed?.current { return served }
    guard FileSystem.isDirectory(layout.versionFolder(name, number)) else { return nil }
    return try pinned.withLock { versions in
      if let place = versions.firstIndex(where: { $0.name == name && $0.version == number }) {
        versions.append(versions.remove(at: place))
      } else {
        versions.append(try ServedModel.load(name, number, from: layout, at: unixSeconds()))
        if versions.count > ModelDirectory.pinnedLimit { versions.removeFirst() }
      }
      return versions.last
    }
  }

  /// What the registry has of a model; empty where it cannot be read.
  func listing(of name: String) -> (versions: [Int], aliases: [(String, Int)]) {
    let aliases = (try? layout.aliases(of: name)) ?? [:]
    return ((try? layout.versions(of: name)) ?? [], aliases.sorted { $0.key < $1.key })
  }

  /// A file of a version.
  func file(_ path: String, of served: ServedModel) -> [UInt8]? {
    try? FileSystem.read("\(layout.versionFolder(served.name, served.version))/\(path)")
  }

  /// A JSON document of a version.
  func document(_ path: String, of served: ServedModel) -> JSONValue? {
    file(path, of: served).flatMap { try? JSONValue(parsing: $0) }
  }

  /// All followers.
  public var all: [ModelFollower] { followers.withLock { $0 } }

  /// The follower of a model, or the first one.
  func follower(of name: String?) -> ModelFollower? {
    followers.withLock { followers in
      guard let name else { return followers.first }
      return followers.first { $0.name == name || "\($0.name)@\($0.alias)" == name }
    }
  }

  private func discover() {
    guard isDiscovering, let names = try? layout.models() else { return }
    for name in names where follower(of: name) == nil {
      guard let version = try? layout.resolveAlias(name, RegistryName.champion), version > 0 else {
        continue
      }
      let follower = ModelFollower(
        name: name, alias: RegistryName.champion, layout: layout, stateFolder: stateFolder,
        unixSeconds: unixSeconds, report: report)
      followers.withLock { followers in
        // Another look may have found it at the same time.
        if !followers.contains(where: { $0.name == name }) { followers.append(follower) }
      }
    }
  }
}

/// Why the server cannot serve what it was told to.
public enum ServingError: Error, Equatable, CustomStringConvertible {
  /// A reference names no alias of a model.
  case invalidReference(String, reason: String)
  /// Tokens or keys that would let nobody in, or that cannot be read.
  case invalidAccess(reason: String)

  public var description: String {
    switch self {
    case .invalidReference(let text, let reason): "cannot follow \(text): \(reason)"
    case .invalidAccess(let reason): "cannot control access: \(reason)"
    }
  }
}
