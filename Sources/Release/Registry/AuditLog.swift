import Files
import JSON

/// The audit as lines of JSON beside the catalogue: what a lost catalogue is rebuilt from, and what people can read.
///
/// It is written after the catalogue's commit, so it is never ahead; a torn last line is what a killed writer left.
struct AuditLog {
  let path: String

  /// Brings the file to the end of the catalogue's audit.
  ///
  /// - Throws: `RegistryError.catalogueBehindLog` or `brokenAudit` when it is not the beginning of the same history.
  func catchUp(with catalogue: borrowing Catalogue, root: String) throws {
    let tail = try tail()
    let head = try catalogue.head()
    guard tail.sequence <= head.sequence else {
      throw RegistryError.catalogueBehindLog(
        root: root, catalogueSequence: head.sequence, logSequence: tail.sequence)
    }
    guard try catalogue.hash(at: tail.sequence) == tail.hash else {
      throw RegistryError.brokenAudit(
        sequence: tail.sequence, place: path, reason: "the catalogue has another row there")
    }
    if tail.sequence == head.sequence && !tail.isTorn { return }
    var bytes: [UInt8] = []
    try catalogue.rows(after: tail.sequence, hash: tail.hash) { row in
      bytes += row.json.bytes()
      bytes.append(UInt8(ascii: "\n"))
    }
    try FileSystem.append(bytes, to: path, keeping: tail.byteCount)
  }

  /// Every row, each checked against the one before; a torn last line is passed over.
  func rows() throws -> [AuditRow] {
    guard FileSystem.exists(path) else { return [] }
    var rows: [AuditRow] = []
    var previous = (sequence: 0, hash: AuditRow.origin)
    let bytes = try FileSystem.read(path)
    let complete = bytes.prefix((bytes.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1)
    for line in complete.split(separator: UInt8(ascii: "\n")) {
      let row = try AuditRow(
        try document(line, previous.sequence), following: previous, place: path)
      rows.append(row)
      previous = (row.sequence, row.hash)
    }
    return rows
  }

  private struct Tail {
    var sequence = 0
    var hash = AuditRow.origin
    /// Length up to the end of the last whole line.
    var byteCount = 0
    var isTorn = false
  }

  /// Reads the end of the file only: the cost of a change must not grow with the history.
  private func tail() throws -> Tail {
    guard FileSystem.exists(path) else { return Tail() }
    let newline = UInt8(ascii: "\n")
    let total = try FileSystem.byteCount(of: path)
    var window = 65_536
    while true {
      let start = max(total - window, 0)
      let bytes = try FileSystem.read(path, range: start..<total)
      if let end = bytes.lastIndex(of: newline) {
        let begin = bytes[..<end].lastIndex(of: newline).map { $0 + 1 }
        if let begin = begin ?? (start == 0 ? 0 : nil) {
          let document = try document(bytes[begin..<end], 0)
          guard let sequence = document["sequence"]?.integerValue,
            let hash = document["hash"]?.stringValue
          else { throw malformed(0) }
          return Tail(
            sequence: Int(sequence), hash: hash, byteCount: start + end + 1,
            isTorn: start + end + 1 < total)
        }
      }
      if start == 0 { return Tail(isTorn: total > 0) }
      window *= 8
    }
  }

  private func document(_ line: ArraySlice<UInt8>, _ sequence: Int) throws -> JSONValue {
    do { return try JSONValue(parsing: Array(line)) } catch { throw malformed(sequence + 1) }
  }

  private func malformed(_ sequence: Int) -> RegistryError {
    .brokenAudit(sequence: sequence, place: path, reason: "the line is no audit row")
  }
}
