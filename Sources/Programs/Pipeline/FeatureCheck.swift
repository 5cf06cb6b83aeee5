public import Features
internal import Files
public import Ingestion
public import JSON
internal import Tabular
internal import Transactions

/// Checks on real rows what the tests hold on generated ones: that features cannot see the future and do not depend on how the
/// rows come.
public struct FeatureCheck: Sendable {
  /// What became of one property.
  public struct Finding: Equatable, Sendable {
    /// The property as a sentence.
    public let property: String
    /// How many rows were compared.
    public let rowCount: Int
    /// How many of them were not the same.
    public let differingCount: Int

    /// Whether the property holds.
    public var isMet: Bool { differingCount == 0 }

    /// The finding as JSON.
    public var json: JSONValue {
      [
        "property": .string(property), "rows": .integer(Int64(rowCount)),
        "differing": .integer(Int64(differingCount)),
      ]
    }
  }

  private let features: FeatureSpecification
  private let rules: RuleSet
  private let seed: UInt64

  /// Describes a check; `seed` decides where the future begins, what it becomes and how rows are shuffled.
  public init(features: FeatureSpecification, rules: RuleSet, seed: UInt64) {
    self.features = features
    self.rules = rules
    self.seed = seed
  }

  /// Checks the first `rowLimit` rows of `snapshot`; shuffled copies go to a folder below `scratchFolder` and away again.
  public func run(
    on snapshot: Snapshot, rowLimit: Int, scratchFolder: String
  ) throws -> [Finding] {
    var rows = TransactionBatch()
    for index in snapshot.manifest.parts.indices where rows.count < rowLimit {
      let part = try snapshot.batch(at: index)
      let wanted = min(part.count, rowLimit - rows.count)
      rows.append(
        contentsOf: wanted == part.count ? part : part.selecting((0..<Int32(wanted)).map { $0 }))
    }
    let expected = try fingerprints(of: rows)
    return [
      finding("batches and single transactions give the same bits", expected, oneByOne(rows)),
      finding("a state that is saved and restored continues alike", expected, try resumed(rows)),
      try futureFinding(rows, expected),
      try shuffleFinding(rows, scratchFolder),
    ]
  }

  private func finding(_ property: String, _ expected: [UInt64], _ found: [UInt64]) -> Finding {
    Finding(
      property: property, rowCount: found.count,
      differingCount: zip(expected, found).count { $0 != $1 })
  }

  // MARK: Ways to compute the same rows

  private func fingerprints(of rows: TransactionBatch) throws -> [UInt64] {
    var engine = FeatureEngine(features, rules: rules)
    return Self.fingerprints(of: try engine.process(rows))
  }

  private static func fingerprints(of matrix: Matrix<Double>) -> [UInt64] {
    (0..<matrix.rowCount).map { row in
      fingerprint((0..<matrix.columnCount).map { matrix[row, $0] })
    }
  }

  private static func fingerprint(_ values: [Double]) -> UInt64 {
    values.reduce(0) { SeededGenerator.mix($0 &* 31 &+ $1.bitPattern) }
  }

  /// As the server does it: each transaction by itself, its label as soon as it is processed.
  private func oneByOne(_ rows: TransactionBatch) -> [UInt64] {
    var engine = FeatureEngine(features, rules: rules)
    return (0..<rows.count).map { index in
      let row = rows[index]
      let values = engine.process(row.transaction)
      if let label = row.label { engine.learn(label, of: row.transaction) }
      return Self.fingerprint(values)
    }
  }

  private func resumed(_ rows: TransactionBatch) throws -> [UInt64] {
    let half = Int32(rows.count / 2)
    var first = FeatureEngine(features, rules: rules)
    let before = try first.process(rows.selecting((0..<half).map { $0 }))
    var second = FeatureEngine(features, rules: rules)
    try second.restore(first.encodedState())
    let after = try second.process(rows.selecting((half..<Int32(rows.count)).map { $0 }))
    return Self.fingerprints(of: before) + Self.fingerprints(of: after)
  }

  /// Changes every row after a moment and every label that was not known then; earlier rows must not notice.
  private func futureFinding(_ rows: TransactionBatch, _ expected: [UInt64]) throws -> Finding {
    var generator = SeededGenerator(seed: seed)
    var compared = 0
    var differing = 0
    for quarter in 1...3 {
      let cut = rows.times[rows.count * quarter / 4]
      var changed = rows
      var past = 0
      for index in 0..<rows.count {
        if rows.times[index] <= cut {
          past += 1
        } else {
          Self.scramble(&changed, index, &generator)
        }
        if rows.labelTimes[index] > cut {
          changed.labels[index] = changed.labels[index] == 1 ? 0 : 1
          changed.labelTimes[index] = max(cut, changed.times[index]) + 1
        }
      }
      let found = try fingerprints(of: changed)
      compared += past
      differing += zip(expected[..<past], found[..<past]).count { $0 != $1 }
    }
    return Finding(
      property: "changing the future and labels not yet known changes no bit of the past",
      rowCount: compared, differingCount: differing)
  }

  private static func scramble(
    _ rows: inout TransactionBatch, _ index: Int, _ generator: inout SeededGenerator
  ) {
    let other = Int(generator.next() % UInt64(rows.count))
    rows.amounts[index] = rows.amounts[other] &+ 1
    rows.users.replace(index, with: rows.users[other])
    rows.terminals.replace(index, with: rows.terminals[other])
    rows.merchants.replace(index, with: nil)
    rows.devices.replace(index, with: "changed")
    rows.latitudes[index] = 0
    rows.longitudes[index] = 0
  }

  private func shuffleFinding(_ rows: TransactionBatch, _ folder: String) throws -> Finding {
    let scratch = "\(folder)/.check-\(seed)"
    defer { try? FileSystem.removeTree(scratch) }
    func digest(_ batch: TransactionBatch, _ name: String) throws -> String {
      var writer = SnapshotWriter(root: "\(scratch)/\(name)", source: "check")
      try writer.append(batch)
      return try writer.finish().manifest.digest
    }
    var order = (0..<Int32(rows.count)).map { $0 }
    var generator = SeededGenerator(seed: seed)
    order.shuffle(using: &generator)
    let isSame = try digest(rows, "ordered") == digest(rows.selecting(order), "shuffled")
    return Finding(
      property: "shuffled rows give the same snapshot", rowCount: rows.count,
      differingCount: isSame ? 0 : rows.count)
  }
}
