public import JSON
internal import Transactions

/// What changed from one snapshot to another, in counts.
public struct SnapshotDifference: Equatable, Sendable {
  /// Transactions that are in the newer one only.
  public private(set) var addedCount = 0
  /// Transactions that are in the older one only.
  public private(set) var removedCount = 0
  /// Transactions in both with other contents.
  public private(set) var changedCount = 0
  /// Transactions in both with the same contents and another label.
  public private(set) var relabelledCount = 0
  /// Transactions that are the same in both, label included.
  public private(set) var unchangedCount = 0

  /// Compares two snapshots by the identifiers of their transactions.
  ///
  /// Identifiers and contents are compared by 64-bit hashes: two of 100 million differ in hash but for a chance of 1 in
  /// 3,000.
  ///
  /// - Complexity: O(rows · log rows) time, 24 bytes a row.
  /// - Throws: `IngestionError.corruptSnapshot`.
  public init(from older: Snapshot, to newer: Snapshot) throws(IngestionError) {
    if older.manifest.digest == newer.manifest.digest {
      unchangedCount = older.manifest.rowCount
      return
    }
    let before = try RowHash.all(of: older)
    let after = try RowHash.all(of: newer)
    var (i, j) = (0, 0)
    while i < before.count || j < after.count {
      if j == after.count || (i < before.count && before[i].id < after[j].id) {
        removedCount += 1
        i += 1
      } else if i == before.count || after[j].id < before[i].id {
        addedCount += 1
        j += 1
      } else {
        if before[i].contents != after[j].contents {
          changedCount += 1
        } else if before[i].label != after[j].label {
          relabelledCount += 1
        } else {
          unchangedCount += 1
        }
        i += 1
        j += 1
      }
    }
  }

  /// The counts as JSON.
  public var json: JSONValue {
    [
      "added": .integer(Int64(addedCount)), "removed": .integer(Int64(removedCount)),
      "changed": .integer(Int64(changedCount)), "relabelled": .integer(Int64(relabelledCount)),
      "unchanged": .integer(Int64(unchangedCount)),
    ]
  }
}

/// A transaction as three numbers.
private struct RowHash {
  let id: UInt64
  let contents: UInt64
  let label: UInt64

  static func all(of snapshot: Snapshot) throws(IngestionError) -> [RowHash] {
    var rows: [RowHash] = []
    rows.reserveCapacity(snapshot.manifest.rowCount)
    for index in snapshot.manifest.parts.indices {
      let batch = try snapshot.batch(at: index)
      // Each distinct text is hashed once.
      let texts = SnapshotColumn.texts.map { column in
        let column = batch.texts(of: column)
        let hashes = column.dictionary.map { hash($0) }
        return column.codes.map { $0 < 0 ? 0 : hashes[Int($0)] }
      }
      let scenarioIndex = SnapshotColumn.texts.firstIndex(of: .scenario) ?? 0
      for row in 0..<batch.count {
        var contents = mix(0, UInt64(bitPattern: batch.times[row]))
        contents = mix(contents, UInt64(bitPattern: batch.amounts[row]))
        contents = mix(contents, batch.latitudes[row].bitPattern)
        contents = mix(contents, batch.longitudes[row].bitPattern)
        for (index, column) in texts.enumerated() where index != scenarioIndex {
          contents = mix(contents, column[row])
        }
        var label = mix(0, UInt64(bitPattern: Int64(batch.labels[row])))
        label = mix(label, UInt64(bitPattern: batch.labelTimes[row]))
        label = mix(label, texts[scenarioIndex][row])
        rows.append(RowHash(id: hash(batch.ids[row]), contents: contents, label: label))
      }
    }
    rows.sort { $0.id < $1.id }
    return rows
  }

  private static func hash(_ text: String) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return mix(hash, UInt64(text.utf8.count))
  }

  /// SplitMix64's finisher over the running hash and the next word.
  private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    var value = hash &* 0x9e37_79b9_7f4a_7c15 &+ word &+ 0x9e37_79b9_7f4a_7c15
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
