internal import Dispatch
internal import Files
internal import JSON
public import Models
internal import Synchronization
public import Transactions

/// All per-series models: durable in one SQLite file or a PostgreSQL database, current versions in memory.
///
/// Reading a current version takes no lock and touches no file. A write is answered only after its transaction is synced;
/// writes that arrive while another one is synced share the next transaction.
public final class SeriesStore: Sendable {
  private let memory: SeriesMap
  private let reader: Mutex<any SeriesTables>
  private let writer: Mutex<any SeriesTables>
  private let queue = DispatchQueue(label: "series-store")
  private let pending = Mutex(Pending())
  /// Series of transactions that failed: whether the last one was committed is not known when a connection breaks.
  private let doubtful = Mutex<Set<String>>([])
  private let now: @Sendable () -> Timestamp

  /// What memory holds of a series.
  struct Entry: Sendable {
    /// The current version.
    var number: Int
    /// Digest of the current version.
    var digest: [UInt8]
    /// The current version, once it was used or made, and the other one that was used last. More would cost a kilobyte of
    /// every series that is fitted again and again.
    private(set) var current: SeriesVersion?
    private var other: SeriesVersion?
    private(set) var isDeleted = false
  }

  private struct Pending {
    var writes: [Write] = []
    var isDraining = false
  }

  /// A change that waits for its transaction.
  struct Write: Sendable {
    enum Kind: Sendable {
      case fit(ThreeSigmaModel, points: [UInt8], digest: [UInt8])
      case update(SeriesPoints, makesVersion: Bool)
      case delete
    }
    let seriesID: String
    let kind: Kind
    let completion: @Sendable (Result<WriteOutcome, SeriesStoreError>) -> Void
  }

  /// What became of a write.
  public enum WriteOutcome: Sendable {
    /// A new version was made.
    case created(SeriesVersion)
    /// The current version has the same points and parameters; nothing was written.
    case unchanged(SeriesVersion)
    /// The current version has learned more points.
    case updated(SeriesVersion)
    /// The series was deleted.
    case deleted
  }

  /// Opens the store at `location`, making it when there is none.
  ///
  /// - Parameters:
  ///   - location: The path of a SQLite file, or the `postgresql://` URL of a database, whose schema `anomalyze_series` it takes.
  ///   - now: The clock for the times of fits.
  /// - Throws: `SeriesStoreError` when it cannot be opened or is no series store.
  public init(
    at location: String, now: @escaping @Sendable () -> Timestamp
  ) throws(SeriesStoreError) {
    do {
      let rows: [StoredEntry]
      if PostgreSQLSeriesTables.isURL(location) {
        let tables = try PostgreSQLSeriesTables(location, .writer(migratingAt: now()))
        rows = try tables.entries(of: nil)
        writer = Mutex(tables)
        reader = Mutex(try PostgreSQLSeriesTables(location, .reader))
      } else {
        let tables = try SQLiteSeriesTables(location, migratedAt: now())
        rows = try tables.entries(of: nil)
        writer = Mutex(tables)
        reader = Mutex(try SQLiteSeriesTables(location, migratedAt: nil))
      }
      self.now = now
      memory = SeriesMap(rows)
    } catch {
      throw SeriesStoreError(error)
    }
  }

  /// Whether `location` is that of a database with a lock of its own rather than the path of a file.
  public static func isDatabase(_ location: String) -> Bool {
    PostgreSQLSeriesTables.isURL(location)
  }

  /// How many series there are, without deleted ones.
  public var seriesCount: Int { memory.count }

  /// The current version of a series, or the one that is asked for.
  ///
  /// - Throws: `SeriesStoreError.seriesNotFound`, `.versionNotFound`, `.unavailable` or `.damaged`.
  public func version(_ number: Int? = nil, of id: String) throws(SeriesStoreError) -> SeriesVersion
  {
    if number == nil, let version = memory.current(of: id) { return version }
    guard let entry = memory.entry(of: id), !entry.isDeleted else { throw .seriesNotFound }
    let wanted = number ?? entry.number
    if let version = entry.version(wanted) { return version }
    guard wanted <= entry.number else {
      throw .versionNotFound(label: SeriesVersion.label(wanted))
    }
    return memory.remember(try read(wanted, of: id), of: id)
  }

  private func read(_ number: Int, of id: String) throws(SeriesStoreError) -> SeriesVersion {
    do {
      return try reader.withLock { try $0.version(number, of: id) }
    } catch {
      throw SeriesStoreError(error)
    }
  }

  /// The points that a version knows: those of its fit and those it has learned since, in time order.
  public func points(of number: Int, series id: String) throws(SeriesStoreError) -> SeriesPoints {
    do {
      return try reader.withLock { try $0.points(of: number, series: id) }
    } catch {
      throw SeriesStoreError(error)
    }
  }

  /// The identifiers of the series that are not deleted, sorted.
  public func seriesIDs() -> [String] { memory.ids.sorted() }

  /// Stores a fitted model as the next version, unless the current version came from the same points and parameters.
  ///
  /// - Parameters:
  ///   - model: What was fitted.
  ///   - points: The points, in order of time.
  ///   - id: Name of the series.
  ///   - completion: Called from the store's thread once the version is on the disk, or could not be written.
  public func add(
    _ model: ThreeSigmaModel, points: SeriesPoints, to id: String,
    completion: @escaping @Sendable (Result<WriteOutcome, SeriesStoreError>) -> Void
  ) {
    let encoded = points.encoded
    // A model of moments comes without its points; what it knows of them is in the model.
    let digest = SeriesStore.digest(
      of: points.timestamps.isEmpty ? Array(model.json.text().utf8) : encoded,
      parameters: model.parameters)
    enqueue(
      Write(
        seriesID: id, kind: .fit(model, points: encoded, digest: digest), completion: completion))
  }

  /// Teaches the current version points that came after its last one, in the order in which updates arrive.
  ///
  /// - Parameters:
  ///   - id: Name of the series.
  ///   - points: The points, in order of time.
  ///   - makesVersion: Leaves the current version as it is and makes the next one.
  ///   - completion: Called from the store's thread once the points are on the disk, or were refused.
  public func update(
    _ id: String, with points: SeriesPoints, makingVersion makesVersion: Bool,
    completion: @escaping @Sendable (Result<WriteOutcome, SeriesStoreError>) -> Void
  ) {
    enqueue(
      Write(
        seriesID: id, kind: .update(points, makesVersion: makesVersion), completion: completion))
  }

  /// Deletes a series: it is no longer found, its versions stay in the file, and a later fit goes on counting.
  public func delete(
    _ id: String, completion: @escaping @Sendable (Result<WriteOutcome, SeriesStoreError>) -> Void
  ) {
    enqueue(Write(seriesID: id, kind: .delete, completion: completion))
  }

  static func digest(of points: [UInt8], parameters: ThreeSigmaParameters) -> [UInt8] {
    var text =
      "\(parameters.method.rawValue) \(parameters.threshold) \(parameters.sides.rawValue) "
      + "\(parameters.rule.rawValue) \(parameters.minimumPointCount)\n"
    if parameters.zone != .utc || parameters.memory != .everything {
      text += "\(parameters.zone.text) \(parameters.memory.text)\n"
    }
    var hash = SHA256()
    hash.update(Array(text.utf8))
    hash.update(points)
    return hash.finalize().bytes
  }

  private func enqueue(_ write: Write) {
    let startsDraining = pending.withLock { pending in
      pending.writes.append(write)
      defer { pending.isDraining = true }
      return !pending.isDraining
    }
    guard startsDraining else { return }
    queue.async { [self] in
      while true {
        let writes = pending.withLock { pending in
          defer { pending.writes = [] }
          if pending.writes.isEmpty { pending.isDraining = false }
          return pending.writes
        }
        if writes.isEmpty { return }
        commit(writes)
      }
    }
  }

  /// Reads again what a transaction that failed may have written all the same.
  private func settleDoubts(by tables: any SeriesTables) throws {
    for id in doubtful.withLock({ $0 }) {
      let stored = try tables.entries(of: id).first?.entry
      memory.settle(id, as: stored)
      doubtful.withLock { _ = $0.remove(id) }
    }
  }

  /// Writes all of `writes` in one transaction, publishes them in memory, and only then answers.
  private func commit(_ writes: [Write]) {
    let fittedAt = now()
    let known: @Sendable (String) -> Entry? = { [memory] id in memory.entry(of: id) }
    let plan: SeriesWritePlan
    do {
      plan = try writer.withLock { tables in
        try settleDoubts(by: tables)
        return try SeriesWritePlan(writes, fittedAt: fittedAt, current: known, in: tables)
      }
    } catch {
      let failure = SeriesStoreError(error)
      doubtful.withLock { $0.formUnion(writes.map(\.seriesID)) }
      for write in writes { write.completion(.failure(failure)) }
      return
    }
    for (id, entry) in plan.entries { memory.set(entry, of: id) }
    for (write, outcome) in zip(writes, plan.outcomes) { write.completion(outcome) }
  }
}

extension SeriesStore.Entry {
  init(number: Int, digest: [UInt8], isDeleted: Bool) {
    self.number = number
    self.digest = digest
    self.isDeleted = isDeleted
  }

  /// The version of this number, if it is at hand.
  func version(_ wanted: Int) -> SeriesVersion? {
    if let current, current.number == wanted { return current }
    if let other, other.number == wanted { return other }
    return nil
  }

  /// Keeps a version at hand; a new current one takes the place of the last.
  mutating func remember(_ version: SeriesVersion) {
    guard version.number == number else {
      other = version
      return
    }
    if let current, current.number != number { other = current }
    current = version
  }

  /// Takes a version as the current one.
  mutating func advance(to version: SeriesVersion) {
    number = version.number
    digest = version.digest
    isDeleted = false
    remember(version)
  }

  /// Marks the series as deleted.
  mutating func delete() {
    isDeleted = true
    current = nil
    other = nil
  }
}
