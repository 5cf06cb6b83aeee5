internal import Models
internal import Transactions

/// What a transaction of several writes does: each write sees the ones before it.
struct SeriesWritePlan: Sendable {
  let fittedAt: Timestamp
  /// What is known of a series before the transaction.
  let current: @Sendable (String) -> SeriesStore.Entry?
  /// What will be known of the series that the transaction changes, once it is committed.
  private(set) var entries: [String: SeriesStore.Entry] = [:]
  /// The answers, in the order of the writes.
  private(set) var outcomes: [Result<SeriesStore.WriteOutcome, SeriesStoreError>] = []

  /// Carries out `writes` in one transaction.
  init(
    _ writes: [SeriesStore.Write], fittedAt: Timestamp,
    current: @escaping @Sendable (String) -> SeriesStore.Entry?,
    in tables: any SeriesTables
  ) throws {
    self.fittedAt = fittedAt
    self.current = current
    try tables.begin()
    do {
      for write in writes { try apply(write, to: tables) }
      try tables.commit()
    } catch {
      tables.rollBack()
      throw error
    }
  }

  private mutating func apply(_ write: SeriesStore.Write, to tables: any SeriesTables) throws {
    let id = write.seriesID
    let entry = entries[id] ?? current(id)
    switch write.kind {
    case .delete:
      guard var entry, !entry.isDeleted else {
        outcomes.append(.failure(.seriesNotFound))
        return
      }
      try tables.delete(id, at: fittedAt, version: entry.number)
      entry.delete()
      entries[id] = entry
      outcomes.append(.success(.deleted))
    case .update(let points, let makesVersion):
      guard let entry, !entry.isDeleted else {
        outcomes.append(.failure(.seriesNotFound))
        return
      }
      try learn(points, in: entry, id, makesVersion: makesVersion, tables)
    case .fit(let model, let points, let digest):
      if let entry, !entry.isDeleted, entry.digest == digest {
        let version =
          entry.current
          ?? SeriesVersion(
            number: entry.number, model: model, fittedAt: fittedAt, digest: digest)
        outcomes.append(.success(.unchanged(version)))
        return
      }
      let version = SeriesVersion(
        number: (entry?.number ?? 0) + 1, model: model, fittedAt: fittedAt, digest: digest)
      try tables.insert(version, points: points, to: id)
      var changed =
        entry
        ?? SeriesStore.Entry(number: version.number, digest: digest, isDeleted: false)
      changed.advance(to: version)
      entries[id] = changed
      outcomes.append(.success(.created(version)))
    }
  }

  private mutating func learn(
    _ points: SeriesPoints, in entry: SeriesStore.Entry, _ id: String, makesVersion: Bool,
    _ tables: any SeriesTables
  ) throws {
    let old: SeriesVersion
    do {
      old = try entry.current ?? tables.version(entry.number, of: id)
    } catch SeriesStoreError.damaged(let reason) {
      // One series that cannot be read back must not fail the writes of others.
      outcomes.append(.failure(.damaged(reason: reason)))
      return
    }
    var model = old.model
    do {
      try model.update(timestamps: points.timestamps, values: points.values)
    } catch {
      outcomes.append(.failure(.refused(error)))
      return
    }
    // What is learned joins what the digest stands for; the points before need not be read again.
    let digest = SeriesStore.digest(of: old.digest + points.encoded, parameters: model.parameters)
    let version = SeriesVersion(
      number: entry.number + (makesVersion ? 1 : 0), model: model, fittedAt: fittedAt,
      digest: digest)
    if makesVersion {
      var all: SeriesPoints
      do {
        all = try tables.points(of: entry.number, series: id)
      } catch SeriesStoreError.damaged(let reason) {
        outcomes.append(.failure(.damaged(reason: reason)))
        return
      }
      all.timestamps += points.timestamps
      all.values += points.values
      try tables.insert(version, points: all.encoded, to: id)
    } else {
      try tables.replace(version, learned: points.encoded, of: id)
    }
    var changed = entry
    changed.advance(to: version)
    entries[id] = changed
    outcomes.append(.success(makesVersion ? .created(version) : .updated(version)))
  }
}
