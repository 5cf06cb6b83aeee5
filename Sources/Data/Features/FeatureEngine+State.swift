public import Files
internal import JSON

extension FeatureEngine {
  /// The name and version of the stored form.
  static let stateFormat = "anomalyze-feature-state/1"

  /// What a state must be restored into: the digest of everything that decides what is kept.
  var stateKey: String {
    var bytes = specification.json.bytes()
    for input in rules.inputs { bytes += input.json.bytes() }
    return SHA256.digest(of: bytes).hexadecimal
  }

  /// The histories of all entities, from which an engine of the same features continues with the same bits.
  ///
  /// Equal histories give equal archives, whatever was saved and restored on the way: entities are ordered by their
  /// texts, and what is out of memory is left out. The archive holds the texts that identify entities.
  ///
  /// - Complexity: O(state · log state).
  public func encodedState() -> SafetensorsArchive {
    var codec = StateTexts(columnCount: FeatureColumn.allCases.count)
    for store in stores { store.noteTexts(&codec, clock: clock) }
    codec.order(interners)
    var tensors: [Tensor] = []
    for column in usedColumns {
      let name = FeatureColumn.allCases[column].rawValue
      tensors += StateTexts.tensors("columns/\(name)", codec.texts(of: column, interners))
    }
    for store in stores { tensors += store.encoded(codec, clock: clock) }
    let moments = [event.population, event.logPopulation].flatMap { moments in
      [moments.count] + [moments.sum, moments.squares].flatMap(\.words)
    }
    tensors.append(Tensor("engine", .int64([clock, processedCount] + moments)))
    tensors += labels.encoded()
    return SafetensorsArchive(
      metadata: ["format": FeatureEngine.stateFormat, "features": stateKey], tensors: tensors)
  }

  /// Continues from what `encodedState` gave.
  ///
  /// - Throws: `FeatureError.stateMismatch` when the state is of other features or rules,
  ///   `FeatureError.malformedState` when it is damaged.
  public mutating func restore(_ archive: SafetensorsArchive) throws(FeatureError) {
    let format = archive.metadata["format"] ?? "no format"
    guard format == FeatureEngine.stateFormat else {
      throw .stateMismatch(expected: FeatureEngine.stateFormat, actual: format)
    }
    let key = archive.metadata["features"] ?? ""
    guard key == stateKey else {
      throw .stateMismatch(
        expected: "features \(stateKey.prefix(12))", actual: "features \(key.prefix(12))")
    }
    let reader = StateReader(archive: archive)
    var fresh = blank()
    let engine = try reader.int64("engine", count: 12)
    fresh.clock = min(max(engine[0], FeatureEngine.earliest), Int64.max / 2)
    fresh.processedCount = engine[1]
    fresh.event.population = AmountMoments(words: engine[2..<7])
    fresh.event.logPopulation = AmountMoments(words: engine[7..<12])
    var indices = Array(repeating: [Int32](), count: FeatureColumn.allCases.count)
    for column in usedColumns {
      let name = FeatureColumn.allCases[column].rawValue
      let texts = try reader.texts("columns/\(name)")
      fresh.interners[column].reserve(texts.count)
      for text in texts {
        guard let text else { throw .malformedState(reason: "a text is missing") }
        let index = fresh.interners[column].index(of: text)
        indices[column].append(index)
        fresh.interners[column].touch(index, at: fresh.clock)
      }
    }
    for position in fresh.stores.indices {
      try fresh.stores[position].restore(reader, indices, clock: fresh.clock)
    }
    try fresh.labels.restore(reader, stores: fresh.stores)
    self = fresh
  }
}

extension AmountMoments {
  init(words: ArraySlice<Int64>) {
    let start = words.startIndex
    self.init(
      count: words[start], sum: Int128(words: words[start + 1], words[start + 2]),
      squares: Int128(words: words[start + 3], words[start + 4]))
  }
}

extension Int128 {
  /// High and low halves.
  var words: [Int64] {
    [Int64(truncatingIfNeeded: self >> 64), Int64(truncatingIfNeeded: self)]
  }

  init(words high: Int64, _ low: Int64) {
    self = Int128(high) << 64 | Int128(UInt64(bitPattern: low))
  }
}
