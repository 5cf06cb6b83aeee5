internal import Dispatch
internal import Files
internal import JSON
public import Models
internal import Synchronization
public import Transactions

/// All per-series models: durable in one SQLite file or a PostgreSQL database, current versions in memory.
///
/// Reading a current version takes one uncontended lock of a part of the map and touches no file. A write is answered only
/// after its transaction is synced; writes that arrive while another one is synced share the next transaction.
public final class SeriesStore: Sendable {
  private let shards: [Shard]
  private let reader: Mutex<any SeriesTables>
  private let writer: Mutex<any SeriesTables>
  private let queue = DispatchQueue(label: "series-store")
  private let pending = Mutex(Pending())
  /// Series of transactions that failed: whether the last one was committed is not known when a connection breaks.
  private let doubtful = Mutex<Set<String>>([])
  private let now: @Sendable () -> Timestamp

  /// A part of the map with its own lock.
  private final class Shard: Sendable {
    let entries = Mutex<[String: Entry]>([:])
  }

  /// What memory holds of a series.
  struct Entry: Sendable {
    /// The current version.
    var number: Int
    /// Digest of the current version.
    var digest: [UInt8]
    /// The current version and another one, as far as they were used or made; the one used last at the end.
    var loaded: [SeriesVersion] = []
    var isDeleted = false
  }

  /// Where a version is found.
  private enum Place {
    case memory(SeriesVersion)
    case disk(Int)
    case later(Int)
    case nowhere
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
      shards = (0..<64).map { _ in Shard() }
      self.now = now
      for row in rows { shard(of: row.id).entries.withLock { $0[row.id] = row.entry } }
    } catch {
      throw SeriesStoreError(error)
    }
  }

  /// Whether `location` is that of a database with a lock of its own rather than the path of a file.
  public static func isDatabase(_ location: String) -> Bool {
    PostgreSQLSeriesTables.isURL(location)
  }

  private func shard(of id: String) -> Shard {
    // FNV-1a: quicker than the table's own hash, and good enough to spread names over the parts.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return shards[Int(truncatingIfNeeded: hash >> 32) & 63]
  }

  /// How many series there are, without deleted ones.
  public var seriesCount: Int {
    shards.reduce(0) { sum, shard in
      sum + shard.entries.withLock { $0.values.count { !$0.isDeleted } }
    }
  }

  /// The current version of a series, or the one that is asked for.
  ///
  /// - Throws: `SeriesStoreError.seriesNotFound`, `.versionNotFound`, `.unavailable` or `.damaged`.
  public func version(_ number: Int? = nil, of id: String) throws(SeriesStoreError) -> SeriesVersion
  {
    let shard = shard(of: id)
    let place: Place = shard.entries.withLock { entries in
      guard let entry = entries[id], !entry.isDeleted else { return .nowhere }
      let wanted = number ?? entry.number
      if let version = entry.loaded.last(where: { $0.number == wanted }) { return .memory(version) }
      return wanted <= entry.number ? .disk(wanted) : .later(wanted)
    }
    switch place {
    case .memory(let version): return version
    case .nowhere: throw .seriesNotFound
    case .later(let wanted): throw .versionNotFound(label: SeriesVersion.label(wanted))
    case .disk(let wanted):
      let version = try read(wanted, of: id)
      return shard.entries.withLock { entries in
        // A write may have come in between: what it left in memory is newer than what was read.
        if let known = entries[id]?.loaded.last(where: { $0.number == wanted }) { return known }
        entries[id]?.remember(version)
        return version
      }
    }
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
  public func seriesIDs() -> [String] {
    shards.flatMap { shard in
      shard.entries.withLock { entries in entries.filter { !$0.value.isDeleted }.map(\.key) }
    }.sorted()
  }

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
      shard(of: id).entries.withLock { entries in
        if entries[id]?.digest != stored?.digest || entries[id]?.isDeleted != stored?.isDeleted {
          entries[id] = stored
        }
      }
      doubtful.withLock { _ = $0.remove(id) }
    }
  }

  /// Writes all of `writes` in one transaction, publishes them in memory, and only then answers.
  private func commit(_ writes: [Write]) {
    let fittedAt = now()
    let known: @Sendable (String) -> Entry? = { [self] id in
      shard(of: id).entries.withLock { $0[id] }
    }
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
    for (id, entry) in plan.entries {
      shard(of: id).entries.withLock { $0[id] = entry }
    }
    for (write, outcome) in zip(writes, plan.outcomes) { write.completion(outcome) }
  }
}

extension SeriesStore.Entry {
  /// Keeps a version at hand: the current one, and the other one that was used last. More would cost a kilobyte of every
  /// series that is fitted again and again.
  mutating func remember(_ version: SeriesVersion) {
    loaded.removeAll { $0.number == version.number }
    loaded.append(version)
    if loaded.count > 2, let oldest = loaded.firstIndex(where: { $0.number != number }) {
      loaded.remove(at: oldest)
    }
  }
}
