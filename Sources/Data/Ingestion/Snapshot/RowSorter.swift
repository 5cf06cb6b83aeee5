internal import Files
internal import Transactions

/// Puts any number of rows into canonical order, in bounded memory, and writes them as parts.
///
/// Rows wait in a buffer of a part and a half. When it is full, its first rows become a part, as long as everything before
/// was earlier: sources that are almost in order need no more than that. The first time something earlier comes, the parts so
/// far are a sorted run, and each full buffer is another; they are merged in the end. Identifiers that came twice are told by
/// their hashes; only the rows that bear them are held in memory together and resolved.
struct RowSorter: ~Copyable {
  private let root: String
  private let rowsPerPart: Int
  private let conflicts: ConflictPolicy
  private var buffer = TransactionBatch()
  /// Parts that are final as long as rows come in order.
  private var direct: PartSink?
  /// Parts that were final until something earlier came; it keeps their folder alive.
  private var formerly: PartSink?
  private var scratch: StagedDirectory?
  private var identifiers = IdentifierLog(folder: "", limit: 0)
  private var runs: [[SortedRun.Piece]] = []
  private var lastTime = Int64.min
  private var lastID = ""
  /// How many rows have left the buffer.
  private var releasedCount: Int64 = 0

  init(root: String, rowsPerPart: Int, conflicts: ConflictPolicy) {
    self.root = root
    self.rowsPerPart = rowsPerPart
    self.conflicts = conflicts
  }

  private var capacity: Int { rowsPerPart + rowsPerPart / 2 }
  /// Short, because a merge holds a piece of every run.
  private var rowsPerPiece: Int { max(1, min(16_384, rowsPerPart / 8)) }

  /// Takes rows that are normalised.
  mutating func append(_ batch: TransactionBatch) throws {
    // Growing by doubling would take twice the room in the end.
    if buffer.count >= capacity / 8 { buffer.reserveCapacity(capacity + batch.count) }
    buffer.append(contentsOf: batch)
    if buffer.count >= capacity { try release() }
  }

  /// The parts, complete, and what was done about rows of one identifier.
  consuming func finish() throws -> SortedRows {
    guard scratch != nil else { return try finishInMemory() }
    while direct != nil && buffer.count > 0 { try release() }
    if buffer.count > 0 { try releaseRun() }
    let repeated = try identifiers.repeated()
    if repeated.isEmpty, var sink = direct.take() {
      try sink.settle()
      return SortedRows(sink: sink, duplicates: DuplicateFinder())
    }
    try endDirectWriting()
    let (survivors, duplicates) = try resolve(repeated)
    var sorted = try runs.map { try SortedRun($0, excluding: repeated) }
    sorted.append(SortedRun(survivors))
    var sink = try PartSink(root: root)
    var merge = RunMerge(sorted, rowsPerBatch: rowsPerPart)
    while let batch = try merge.next() {
      try sink.write(batch)
      try sink.settle()
    }
    return SortedRows(sink: sink, duplicates: duplicates)
  }

  private mutating func finishInMemory() throws -> SortedRows {
    var duplicates = DuplicateFinder()
    let rows = try duplicates.survivors(of: buffer, conflicts)
    buffer = TransactionBatch()
    let order = rows.canonicalOrder()
    var sink = try PartSink(root: root)
    for start in stride(from: 0, to: order.count, by: rowsPerPart) {
      let end = min(start + rowsPerPart, order.count)
      try sink.write(rows.selecting(Array(order[start..<end])))
      try sink.settle()
    }
    return SortedRows(sink: sink, duplicates: duplicates)
  }

  // MARK: Rows leave the buffer

  private mutating func release() throws {
    if scratch == nil {
      let folder = try StagedDirectory(destination: root + "/snapshot")
      identifiers = IdentifierLog(folder: folder.path, limit: rowsPerPart)
      scratch = consume folder
      // Whoever came last wins only if it is known who did, which parts do not say.
      direct = conflicts == .lastWins ? nil : try PartSink(root: root)
    }
    guard direct != nil else { return try releaseRun() }
    let order = buffer.canonicalOrder()
    let first = Int(order[0])
    let isLater =
      buffer.times[first] != lastTime
      ? buffer.times[first] > lastTime : buffer.ids[first].isCanonicallyAfter(lastID)
    guard isLater || releasedCount == 0 else {
      try endDirectWriting()
      return try releaseRun()
    }
    // Before the rows of another part are taken out, so that there is never more than one beside the buffer.
    try direct?.settle()
    let count = min(rowsPerPart, order.count)
    let part = buffer.removeFirst(count, in: order)
    try identifiers.add(part.ids)
    releasedCount += Int64(count)
    lastTime = part.times[count - 1]
    lastID = part.ids[count - 1]
    try direct?.write(part)
  }

  /// What was written so far is a run like others from now on; its files stay where they are.
  private mutating func endDirectWriting() throws {
    try direct?.settle()
    guard let folder = direct?.path, let parts = direct?.parts else { return }
    if !parts.isEmpty {
      runs.append(
        parts.map { SortedRun.Piece(path: "\(folder)/\($0.file)", rowCount: $0.rowCount) })
    }
    formerly = direct.take()
  }

  private mutating func releaseRun() throws {
    guard let folder = scratch?.path else { return }
    let order = buffer.canonicalOrder()
    var pieces: [SortedRun.Piece] = []
    for start in stride(from: 0, to: order.count, by: rowsPerPiece) {
      let rows = Array(order[start..<min(start + rowsPerPiece, order.count)])
      let path = "\(folder)/run-\(runs.count)-\(pieces.count).safetensors"
      var archive = SnapshotPart.archive(of: buffer.selecting(rows))
      if conflicts == .lastWins {
        archive.tensors.append(
          Tensor("arrival", .int64(rows.map { releasedCount + Int64($0) })))
      }
      try FileSystem.write(archive, to: path)
      pieces.append(SortedRun.Piece(path: path, rowCount: rows.count))
    }
    runs.append(pieces)
    try identifiers.add(buffer.ids)
    releasedCount += Int64(buffer.count)
    buffer = TransactionBatch()
  }

  // MARK: Rows of one identifier

  /// The rows whose identifiers have a hash that came twice, one of each identifier left, in order.
  private func resolve(
    _ repeated: Set<UInt64>
  ) throws -> (survivors: TransactionBatch, duplicates: DuplicateFinder) {
    var duplicates = DuplicateFinder()
    guard !repeated.isEmpty else { return (TransactionBatch(), duplicates) }
    var suspects = TransactionBatch()
    var arrivals: [Int64] = []
    for piece in runs.joined() {
      let rows = try SnapshotPart.read(piece.path, rowCount: piece.rowCount)
      let chosen = rows.ids.indices.filter {
        repeated.contains(IdentifierLog.hash(of: rows.ids[$0]))
      }
      suspects.append(contentsOf: rows.selecting(chosen.map { Int32($0) }))
      if conflicts == .lastWins, !chosen.isEmpty,
        case .int64(let all)? = try SafetensorsArchive(contentsOf: piece.path)["arrival"]?.elements
      {
        arrivals += chosen.map { all[$0] }
      }
    }
    if conflicts == .lastWins {
      let order = arrivals.indices.sorted { arrivals[$0] < arrivals[$1] }
      suspects = suspects.selecting(order.map { Int32($0) })
    }
    let survivors = try duplicates.survivors(of: suspects, conflicts)
    return (survivors.selecting(survivors.canonicalOrder()), duplicates)
  }
}

/// Rows in order, one of each identifier, as parts of a snapshot that is not in place yet.
struct SortedRows: ~Copyable {
  let sink: PartSink
  let duplicates: DuplicateFinder
}

extension String {
  /// Whether the identifier comes after `other` among those of one moment: longer ones do, then by bytes.
  fileprivate func isCanonicallyAfter(_ other: String) -> Bool {
    utf8.count != other.utf8.count
      ? utf8.count > other.utf8.count : other.utf8.lexicographicallyPrecedes(utf8)
  }
}
