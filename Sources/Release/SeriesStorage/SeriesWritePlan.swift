internal import JSON
internal import Models
internal import SQLite
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
    in connection: borrowing SQLiteConnection
  ) throws {
    self.fittedAt = fittedAt
    self.current = current
    try connection.execute("BEGIN IMMEDIATE")
    do {
      for write in writes { try apply(write, to: connection) }
      try connection.execute("COMMIT")
    } catch {
      // A full disk may already have rolled everything back: then the reason that counts is `error`.
      if connection.isInTransaction { try? connection.execute("ROLLBACK") }
      throw error
    }
  }

  private mutating func apply(_ write: SeriesStore.Write, to connection: borrowing SQLiteConnection)
    throws
  {
    let id = write.seriesID
    let entry = entries[id] ?? current(id)
    switch write.kind {
    case .delete:
      guard var entry, !entry.isDeleted else {
        outcomes.append(.failure(.seriesNotFound))
        return
      }
      _ = try connection.execute(
        "UPDATE series SET deleted_at = ? WHERE series_id = ?",
        [.integer(fittedAt.microseconds), .text(id)])
      try audit("delete", id, entry.number, connection)
      entry.isDeleted = true
      entry.loaded = []
      entries[id] = entry
      outcomes.append(.success(.deleted))
    case .update(let points, let makesVersion):
      guard let entry, !entry.isDeleted else {
        outcomes.append(.failure(.seriesNotFound))
        return
      }
      try learn(points, in: entry, id, makesVersion: makesVersion, connection)
    case .fit(let model, let points, let digest):
      if let entry, !entry.isDeleted, entry.digest == digest {
        let version =
          entry.loaded.last { $0.number == entry.number }
          ?? SeriesVersion(
            number: entry.number, model: model, fittedAt: fittedAt, digest: digest)
        outcomes.append(.success(.unchanged(version)))
        return
      }
      let version = SeriesVersion(
        number: (entry?.number ?? 0) + 1, model: model, fittedAt: fittedAt, digest: digest)
      try insert(version, points, id, connection)
      var changed = entry ?? SeriesStore.Entry(number: version.number, digest: digest)
      changed.number = version.number
      changed.digest = digest
      changed.isDeleted = false
      changed.remember(version)
      entries[id] = changed
      outcomes.append(.success(.created(version)))
    }
  }

  private mutating func learn(
    _ points: SeriesPoints, in entry: SeriesStore.Entry, _ id: String, makesVersion: Bool,
    _ connection: borrowing SQLiteConnection
  ) throws {
    let old =
      try entry.loaded.last { $0.number == entry.number }
      ?? SeriesVersion(entry.number, of: id, in: connection)
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
      var all = try SeriesPoints(of: entry.number, series: id, in: connection)
      all.timestamps += points.timestamps
      all.values += points.values
      try insert(version, all.encoded, id, connection)
    } else {
      _ = try connection.execute(
        """
        UPDATE series_versions SET model = ?, digest = ?, fitted_at = ?
        WHERE series_id = ? AND version = ?
        """,
        [
          .text(model.json.text()), .blob(digest), .integer(fittedAt.microseconds), .text(id),
          .integer(Int64(version.number)),
        ])
      _ = try connection.execute(
        "INSERT INTO series_updates (series_id, version, points) VALUES (?, ?, ?)",
        [.text(id), .integer(Int64(version.number)), .blob(points.encoded)])
    }
    var changed = entry
    changed.number = version.number
    changed.digest = digest
    changed.remember(version)
    entries[id] = changed
    outcomes.append(.success(makesVersion ? .created(version) : .updated(version)))
  }

  private func insert(
    _ version: SeriesVersion, _ points: [UInt8], _ id: String,
    _ connection: borrowing SQLiteConnection
  ) throws {
    let number = Int64(version.number)
    _ = try connection.execute(
      """
      INSERT INTO series (series_id, current_version, created_at) VALUES (?, ?, ?)
      ON CONFLICT (series_id) DO UPDATE SET current_version = excluded.current_version, deleted_at = NULL
      """, [.text(id), .integer(number), .integer(fittedAt.microseconds)])
    _ = try connection.execute(
      """
      INSERT INTO series_versions (series_id, version, digest, fitted_at, model) VALUES (?, ?, ?, ?, ?)
      """,
      [
        .text(id), .integer(number), .blob(version.digest),
        .integer(fittedAt.microseconds), .text(version.model.json.text()),
      ])
    _ = try connection.execute(
      "INSERT INTO series_points (series_id, version, points) VALUES (?, ?, ?)",
      [.text(id), .integer(number), .blob(points)])
  }

  private func audit(
    _ action: String, _ id: String, _ number: Int, _ connection: borrowing SQLiteConnection
  ) throws {
    _ = try connection.execute(
      "INSERT INTO series_audit (happened_at, action, series_id, version) VALUES (?, ?, ?, ?)",
      [.integer(fittedAt.microseconds), .text(action), .text(id), .integer(Int64(number))])
  }
}
