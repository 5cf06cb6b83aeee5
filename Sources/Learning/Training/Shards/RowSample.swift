public import Files
public import Tabular

/// The rows with the lowest hashes of seed and key, with how many rows there were: all that growing a forest needs of them.
///
/// The sample depends on the set of rows alone, not on their order or division (a bottom-k sample: Cohen & Kaplan 2007).
/// Memory is that of twice `capacity` rows, whatever their number. Rows with one key are told apart by their values; equal
/// rows may come more than once.
public struct RowSample: ShardResult {
  public static let kind = "sample"

  /// The seed of the hashes.
  public let seed: UInt64
  /// How many rows are kept, at most.
  public let capacity: Int
  /// How many values a row has.
  public let columnCount: Int
  /// How many rows were seen.
  public private(set) var rowCount = 0
  /// The keys of the kept rows; in order of their hashes once `finish` has run.
  public private(set) var keys: [UInt64] = []
  private var values: [Double] = []
  private var hashes: [UInt64] = []
  /// No row with a hash above it can be among the lowest.
  private var limit = UInt64.max

  /// A sample of no rows.
  ///
  /// - Precondition: `capacity` and `columnCount` are positive.
  public init(seed: UInt64, capacity: Int, columnCount: Int) {
    precondition(capacity > 0 && columnCount > 0, "a sample keeps rows of values")
    self.seed = seed
    self.capacity = capacity
    self.columnCount = columnCount
  }

  /// Adds rows.
  ///
  /// - Precondition: there is a key for each row, and the rows have `columnCount` values.
  /// - Complexity: O(rows): one hash a row; few rows are kept after the first ones.
  public mutating func add(_ rows: Matrix<Double>, keys newKeys: [UInt64]) {
    precondition(rows.columnCount == columnCount, "rows have the sample's columns")
    precondition(rows.rowCount == newKeys.count, "every row has a key")
    rowCount += newKeys.count
    let salt = RowSampling.salt(seed: seed, round: 0)
    let source = newKeys.span
    var start = 0
    while start < source.count {
      // Rows are taken in blocks, so that the limit follows soon and the loop over hashes has nothing else in it.
      let end = min(start + 4_096, source.count)
      for row in start..<end {
        let hash = RowSampling.hash(source[row], salt)
        if hash <= limit { keep(row, hash, source[row], of: rows) }
      }
      if hashes.count >= 2 * capacity { dropHighest() }
      start = end
    }
  }

  private mutating func keep(_ row: Int, _ hash: UInt64, _ key: UInt64, of rows: Matrix<Double>) {
    hashes.append(hash)
    keys.append(key)
    values.append(contentsOf: rows.values[row * columnCount..<(row + 1) * columnCount])
  }

  /// Brings the kept rows into their order and drops those beyond `capacity`.
  private mutating func dropHighest() {
    let columnCount = columnCount
    let (oldHashes, oldKeys, oldValues) = (hashes, keys, values)
    func isBefore(_ a: Int, _ b: Int) -> Bool {
      if oldHashes[a] != oldHashes[b] { return oldHashes[a] < oldHashes[b] }
      if oldKeys[a] != oldKeys[b] { return oldKeys[a] < oldKeys[b] }
      let first = oldValues[a * columnCount..<(a + 1) * columnCount]
      let second = oldValues[b * columnCount..<(b + 1) * columnCount]
      return first.lazy.map(\.bitPattern).lexicographicallyPrecedes(second.lazy.map(\.bitPattern))
    }
    let order = Array(oldHashes.indices.sorted(by: isBefore).prefix(capacity))
    hashes = order.map { oldHashes[$0] }
    keys = order.map { oldKeys[$0] }
    values.removeAll(keepingCapacity: true)
    for row in order { values += oldValues[row * columnCount..<(row + 1) * columnCount] }
    if hashes.count == capacity, let last = hashes.last { limit = last }
  }

  private var isFinished: Bool {
    guard hashes.count <= capacity else { return false }
    return zip(hashes, hashes.dropFirst()).allSatisfy { $0 < $1 }
  }

  /// The sample with its rows in order.
  public func finished() -> RowSample {
    if isFinished { return self }
    var sample = self
    sample.dropHighest()
    return sample
  }

  /// The kept rows, in the order of `keys`.
  public var rows: Matrix<Double> {
    Matrix(rowCount: keys.count, columnCount: columnCount, values: values)
  }

  public mutating func merge(_ other: RowSample) throws(ShardResultError) {
    guard seed == other.seed, capacity == other.capacity, columnCount == other.columnCount else {
      throw .differentParameters(
        expected: "\(capacity) × \(columnCount)", actual: "\(other.capacity) × \(other.columnCount)"
      )
    }
    rowCount += other.rowCount
    hashes += other.hashes
    keys += other.keys
    values += other.values
    dropHighest()
  }

  public static func == (left: RowSample, right: RowSample) -> Bool {
    let (left, right) = (left.finished(), right.finished())
    return left.seed == right.seed && left.capacity == right.capacity
      && left.rowCount == right.rowCount && left.keys == right.keys
      && left.values.map(\.bitPattern) == right.values.map(\.bitPattern)
  }

  public var tensors: [Tensor] {
    let sample = finished()
    return [
      Tensor(
        "sizes",
        .int64([
          Int64(bitPattern: seed), Int64(capacity), Int64(columnCount), Int64(rowCount),
        ])),
      Tensor("keys", .int64(sample.keys.map { Int64(bitPattern: $0) })),
      Tensor("values", .float64(sample.values), shape: [sample.keys.count, columnCount]),
    ]
  }

  public init(_ archive: SafetensorsArchive) throws(ShardResultError) {
    let sizes = try archive.integers("sizes")
    let keys = try archive.integers("keys")
    let values = try archive.doubles("values")
    guard sizes.count == 4, sizes[1] > 0, (1...65_536).contains(sizes[2]),
      keys.count <= sizes[1], keys.count <= sizes[3], values.count == keys.count * Int(sizes[2]),
      keys.count == min(sizes[1], sizes[3])
    else { throw .malformed(reason: "the sizes of the sample do not fit") }
    self.init(
      seed: UInt64(bitPattern: sizes[0]), capacity: Int(sizes[1]), columnCount: Int(sizes[2]))
    let salt = RowSampling.salt(seed: seed, round: 0)
    self.keys = keys.map { UInt64(bitPattern: $0) }
    hashes = self.keys.map { RowSampling.hash($0, salt) }
    self.values = values
    rowCount = Int(sizes[3])
  }
}
