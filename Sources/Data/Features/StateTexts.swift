internal import Files

/// The texts that a stored state refers to, each column's in the order of their bytes.
struct StateTexts {
  private var used: [Set<Int32>]
  private var ordered: [[Int32]] = []
  private var positions: [[Int32: Int32]] = []

  init(columnCount: Int) { used = Array(repeating: [], count: columnCount) }

  mutating func note(_ index: Int32, column: Int) {
    if index >= 0 { used[column].insert(index) }
  }

  mutating func order(_ interners: [TextInterner]) {
    ordered = used.indices.map { column in
      let texts = interners[column].texts
      return used[column].sorted { left, right in
        texts[Int(left)].utf8.lexicographicallyPrecedes(texts[Int(right)].utf8)
      }
    }
    positions = ordered.map { indices in
      var positions: [Int32: Int32] = [:]
      for (position, index) in indices.enumerated() { positions[index] = Int32(position) }
      return positions
    }
  }

  /// The position of a noted index; −1 for none.
  func position(_ index: Int32, column: Int) -> Int32 { positions[column][index] ?? -1 }

  func texts(of column: Int, _ interners: [TextInterner]) -> [String?] {
    ordered[column].map { interners[column].texts[Int($0)] }
  }

  /// Texts as their bytes and lengths; an absent text has the length −1.
  static func tensors(_ name: String, _ texts: [String?]) -> [Tensor] {
    [
      Tensor("\(name)/bytes", .uint8(texts.flatMap { Array(($0 ?? "").utf8) })),
      Tensor("\(name)/lengths", .int32(texts.map { $0.map { Int32($0.utf8.count) } ?? -1 })),
    ]
  }
}

/// Reads the arrays of a stored state and checks their sizes.
struct StateReader {
  let archive: SafetensorsArchive

  private func tensor(_ name: String) throws(FeatureError) -> Tensor.Elements {
    guard let tensor = archive[name] else {
      throw .malformedState(reason: "the array \(name) is missing")
    }
    return tensor.elements
  }

  private func wrong(_ name: String) -> FeatureError {
    .malformedState(reason: "the array \(name) has another type or size")
  }

  func int64(_ name: String, count: Int? = nil) throws(FeatureError) -> [Int64] {
    guard case .int64(let values) = try tensor(name), values.count == count ?? values.count else {
      throw wrong(name)
    }
    return values
  }

  func int32(_ name: String, count: Int? = nil) throws(FeatureError) -> [Int32] {
    guard case .int32(let values) = try tensor(name), values.count == count ?? values.count else {
      throw wrong(name)
    }
    return values
  }

  func doubles(_ name: String, count: Int) throws(FeatureError) -> [Double] {
    guard case .float64(let values) = try tensor(name), values.count == count else {
      throw wrong(name)
    }
    return values
  }

  func int128(_ name: String, count: Int) throws(FeatureError) -> [Int128] {
    let words = try int64(name, count: 2 * count)
    return (0..<count).map { Int128(words: words[2 * $0], words[2 * $0 + 1]) }
  }

  func texts(_ name: String) throws(FeatureError) -> [String?] {
    guard case .uint8(let bytes) = try tensor("\(name)/bytes") else { throw wrong(name) }
    var texts: [String?] = []
    var start = 0
    for length in try int32("\(name)/lengths") {
      guard length >= 0 else {
        texts.append(nil)
        continue
      }
      guard Int(length) <= bytes.count - start else { throw wrong(name) }
      texts.append(String(decoding: bytes[start..<start + Int(length)], as: UTF8.self))
      start += Int(length)
    }
    return texts
  }
}

extension LabelQueue {
  /// The waiting labels in the order in which they become known.
  func encoded() -> [Tensor] {
    let entries = entries
    // A store's texts lie one after the other; a label without that entity has absent texts.
    let texts = entries.flatMap { entry in
      zip(entry.texts, textCounts).flatMap { texts, count in
        texts.map { $0.map(Optional.some) } ?? Array(repeating: nil, count: count)
      }
    }
    return [
      Tensor("labels/known_at", .int64(entries.map(\.knownAt))),
      Tensor("labels/time", .int64(entries.map(\.time))),
      Tensor("labels/key", .int64(entries.map { Int64(bitPattern: $0.key) })),
      Tensor("labels/is_fraud", .uint8(entries.map { $0.isFraud ? 1 : 0 })),
    ] + StateTexts.tensors("labels/texts", texts)
  }

  mutating func restore(_ reader: StateReader, stores: [EntityStore]) throws(FeatureError) {
    let knownAt = try reader.int64("labels/known_at")
    let times = try reader.int64("labels/time", count: knownAt.count)
    let keys = try reader.int64("labels/key", count: knownAt.count)
    let texts = try reader.texts("labels/texts")
    guard case .uint8(let isFraud)? = reader.archive["labels/is_fraud"]?.elements,
      isFraud.count == knownAt.count, texts.count == knownAt.count * textCounts.reduce(0, +)
    else { throw .malformedState(reason: "the labels differ in number") }
    var position = 0
    for index in knownAt.indices {
      var parts: [[String]?] = []
      for count in textCounts {
        let part = texts[position..<position + count].compactMap(\.self)
        parts.append(part.count == count ? part : nil)
        position += count
      }
      push(
        Entry(
          knownAt: knownAt[index], sequence: 0, time: times[index],
          key: UInt64(bitPattern: keys[index]), isFraud: isFraud[index] == 1, texts: parts))
    }
  }
}
