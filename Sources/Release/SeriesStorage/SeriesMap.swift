internal import Publishing

/// What memory holds of all series: read without a lock, because a change publishes a changed copy of a small part.
final class SeriesMap: Sendable {
  /// A part of the map as it is between two changes.
  private final class Part: Sendable {
    let entries: [String: SeriesStore.Entry]

    init(_ entries: [String: SeriesStore.Entry]) { self.entries = entries }
  }

  /// So many parts that copying one of a hundred thousand series takes a hundred entries.
  private static let partCount = 1_024
  private let parts: [Published<Part>]

  /// Takes up what the tables know.
  init(_ rows: [StoredEntry]) {
    var parts = [[String: SeriesStore.Entry]](repeating: [:], count: SeriesMap.partCount)
    for row in rows { parts[SeriesMap.index(of: row.id)][row.id] = row.entry }
    self.parts = parts.map { Published(Part($0)) }
  }

  private static func index(of id: String) -> Int {
    // FNV-1a: quicker than the table's own hash, and good enough to spread names over the parts.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return Int(truncatingIfNeeded: hash >> 32) & (partCount - 1)
  }

  private func part(of id: String) -> Published<Part> { parts[SeriesMap.index(of: id)] }

  /// The current version of a series, if it is at hand.
  func current(of id: String) -> SeriesVersion? { part(of: id).read { $0.entries[id]?.current } }

  /// What is known of a series, which may be deleted.
  func entry(of id: String) -> SeriesStore.Entry? { part(of: id).read { $0 }?.entries[id] }

  /// Notes what is known of a series.
  func set(_ entry: SeriesStore.Entry, of id: String) {
    change(id) { known in
      known = entry
      return true
    }
  }

  /// Keeps what the tables say, unless it is what is known already.
  func settle(_ id: String, as stored: SeriesStore.Entry?) {
    change(id) { known in
      // Deleted and fitted again, or fitted to and fro, a series has the same digest under another number.
      guard
        known?.number != stored?.number || known?.digest != stored?.digest
          || known?.isDeleted != stored?.isDeleted
      else { return false }
      known = stored
      return true
    }
  }

  /// Keeps a version that was read from the tables, or gives the one that a write has left meanwhile, which is newer.
  func remember(_ version: SeriesVersion, of id: String) -> SeriesVersion {
    var kept = version
    change(id) { known in
      if let newer = known?.version(version.number) {
        kept = newer
        return false
      }
      guard known?.isDeleted == false else { return false }
      known?.remember(version)
      return true
    }
    return kept
  }

  /// Publishes a part in which `body` has changed what is known of a series, unless it returns false.
  private func change(_ id: String, _ body: (inout SeriesStore.Entry?) -> Bool) {
    part(of: id).update { part in
      var entry = part.entries[id]
      guard body(&entry) else { return nil }
      var entries = part.entries
      entries[id] = entry
      return Part(entries)
    }
  }

  /// How many series are not deleted.
  var count: Int {
    parts.reduce(0) { sum, part in
      sum + (part.read { $0 }?.entries.values.count { !$0.isDeleted } ?? 0)
    }
  }

  /// The series that are not deleted, in no order.
  var ids: [String] {
    parts.flatMap { part in
      (part.read { $0 }?.entries ?? [:]).filter { !$0.value.isDeleted }.map(\.key)
    }
  }
}
