/// The texts of one column that are in use, each with an index that stays while it is.
struct TextInterner: Sendable {
  private(set) var indexOfText: [String: Int32] = [:]
  private(set) var texts: [String] = []
  /// Per index when the text was last seen; `Int64.min` marks a free index.
  private(set) var lastTimes: [Int64] = []
  private var free: [Int32] = []
  private var sweepPosition = 0

  /// Makes room for `count` texts at once.
  mutating func reserve(_ count: Int) {
    indexOfText.reserveCapacity(count)
    texts.reserveCapacity(count)
    lastTimes.reserveCapacity(count)
  }

  /// The index of `text`, new when the text is.
  mutating func index(of text: String) -> Int32 {
    if let index = indexOfText[text] { return index }
    if let index = free.popLast() {
      indexOfText[text] = index
      texts[Int(index)] = text
      return index
    }
    let index = Int32(texts.count)
    indexOfText[text] = index
    texts.append(text)
    lastTimes.append(.min)
    return index
  }

  /// Makes `text` known for ever and returns its index.
  mutating func pin(_ text: String) -> Int32 {
    let index = index(of: text)
    lastTimes[Int(index)] = .max
    return index
  }

  /// Notes that the text of `index` was seen at `time`.
  @inline(__always) mutating func touch(_ index: Int32, at time: Int64) {
    if lastTimes[Int(index)] < time { lastTimes[Int(index)] = time }
  }

  /// The index of `text` when it is known, else −1.
  func knownIndex(of text: String) -> Int32 { indexOfText[text] ?? -1 }

  /// Looks at the next `count` indices and frees those last seen before `limit`.
  mutating func sweep(_ count: Int, before limit: Int64) -> [Int32] {
    var freed: [Int32] = []
    for _ in 0..<min(count, texts.count) {
      if sweepPosition >= texts.count { sweepPosition = 0 }
      let index = sweepPosition
      sweepPosition += 1
      guard lastTimes[index] != .min, lastTimes[index] < limit else { continue }
      indexOfText[texts[index]] = nil
      texts[index] = ""
      lastTimes[index] = .min
      free.append(Int32(index))
      freed.append(Int32(index))
    }
    return freed
  }
}
