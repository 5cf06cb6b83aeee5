import Files
import Models
import Tabular
import Testing
import Training

@Suite struct ShardResultTests {
  /// Rows with keys, cut into `count` parts that are shuffled by `seed`.
  private static func parts(
    of matrix: Matrix<Double>, keys: [UInt64], count: Int, seed: UInt64
  ) -> [(rows: Matrix<Double>, keys: [UInt64])] {
    var generator = SeededGenerator(seed: seed)
    var order = Array(keys.indices)
    order.shuffle(using: &generator)
    return (0..<count).map { part in
      let rows = order[keys.count * part / count..<keys.count * (part + 1) / count]
      return (matrix.selecting(rows: rows), rows.map { keys[$0] })
    }
  }

  private static func table(rows: Int, columns: Int = 3) -> (Matrix<Double>, [UInt64]) {
    var generator = SeededGenerator(seed: 5)
    let values = (0..<rows * columns).map { _ in generator.uniform() * generator.uniform() }
    let keys = (0..<UInt64(rows)).map { SeededGenerator.mix($0) }
    return (Matrix(rowCount: rows, columnCount: columns, values: values), keys)
  }

  private static let names = ["a", "b", "c"]

  @Test(arguments: [
    (40, "max_samples above the rows"), (700, "several rounds of trees"), (20_000, "one round"),
  ])
  func `the sample of shuffled shards grows the trees of all rows`(rows: Int, why: String) throws {
    let (matrix, keys) = Self.table(rows: rows)
    let parameters = try IsolationForestParameters(
      treeCount: 20, sampleSize: .count(64), splitRule: .pooledGain(dimensions: 2), seed: 9)
    let learner = IsolationForestLearner(parameters: parameters)
    let whole = try learner.fit(matrix, featureNames: Self.names, rowKeys: keys)
    for (count, seed) in [(1, UInt64(1)), (7, 2), (13, 3)] {
      var merged = RowSample(seed: 9, capacity: try learner.sampleCapacity(), columnCount: 3)
      for part in Self.parts(of: matrix, keys: keys, count: count, seed: seed) {
        var sample = RowSample(seed: 9, capacity: try learner.sampleCapacity(), columnCount: 3)
        sample.add(part.rows, keys: part.keys)
        try merged.merge(sample)
      }
      #expect(merged.rowCount == rows)
      #expect(try learner.fit(merged, featureNames: Self.names) == whole, "\(why), \(count) shards")
    }
  }

  @Test(arguments: [0.01, 0.1, 0.5, 1e-9])
  func `the threshold of counted scores has the bits of the one of all scores`(
    share: Double
  ) throws {
    let (matrix, keys) = Self.table(rows: 5_003)
    let parameters = try IsolationForestParameters(
      treeCount: 10, sampleSize: .count(32), contamination: .share(share), seed: 2)
    let learner = IsolationForestLearner(parameters: parameters)
    let whole = try learner.fit(matrix, featureNames: Self.names, rowKeys: keys)
    let scores = try whole.scores(of: matrix, threadCount: 1)
    // A bracket that is far too narrow and beside the place only costs passes.
    for start in [0.0...1.0, 0.3...0.31, 0.99...0.9900001] {
      var found: [Double] = []
      for rank in learner.thresholdRanks(rowCount: scores.count) {
        var interval = start
        search: for _ in 0..<8 {
          var histogram = ScoreHistogram(of: interval)
          for chunk in stride(from: 0, to: scores.count, by: 1_000) {
            var part = ScoreHistogram(of: interval)
            part.add(Array(scores[chunk..<min(chunk + 1_000, scores.count)]))
            try histogram.merge(part)
          }
          switch histogram.place(ofRank: rank) {
          case .value(let score):
            found.append(score)
            break search
          case .within(let next): interval = next
          }
        }
      }
      #expect(learner.threshold(fromScores: found, rowCount: scores.count) == whole.threshold)
    }
  }

  @Test func `too many distinct scores are counted in bins and found in further passes`() throws {
    var generator = SeededGenerator(seed: 1)
    let scores = (0..<300_000).map { _ in generator.uniform() }
    let sorted = scores.sorted(by: >)
    for rank in [0, 1, 2_999, 150_000, 299_999] {
      var interval = 0.0...1.0
      var passes = 0
      var found: Double?
      while found == nil && passes < 6 {
        passes += 1
        var histogram = ScoreHistogram(of: interval)
        histogram.add(scores)
        switch histogram.place(ofRank: rank) {
        case .value(let score): found = score
        case .within(let next): interval = next
        }
      }
      #expect(found == sorted[rank])
      #expect(passes == 2)
    }
  }

  @Test func `the bracket of a sample holds the score of the rank`() {
    var generator = SeededGenerator(seed: 4)
    let scores = (0..<100_000).map { _ in generator.uniform() * generator.uniform() }
    let sorted = scores.sorted(by: >)
    for rank in [0, 5, 100, 1_000, 50_000, 99_999] {
      let bracket = ScoreHistogram.bracket(
        ofRank: rank, among: scores.count, sampled: Array(scores[..<2_000]))
      #expect(bracket.contains(sorted[rank]), "rank \(rank)")
    }
  }

  @Test func `results are joined in any order and grouping to the same bytes`() throws {
    let (matrix, keys) = Self.table(rows: 3_000)
    let parts = Self.parts(of: matrix, keys: keys, count: 4, seed: 8)
    let samples = parts.enumerated().map { index, part in
      var sample = RowSample(seed: 1, capacity: 200, columnCount: 3)
      sample.add(part.rows, keys: part.keys)
      return StampedResult(sample, worker: "1", parameters: "p", shard: "\(index)")
    }
    func joined<Result>(_ order: [Int], _ all: [StampedResult<Result>]) throws -> [UInt8] {
      var result = all[order[0]]
      for index in order.dropFirst() { try result.merge(all[index]) }
      return result.encoded()
    }
    let expected = try joined([0, 1, 2, 3], samples)
    #expect(try joined([3, 1, 0, 2], samples) == expected)
    var left = samples[0]
    try left.merge(samples[1])
    var right = samples[2]
    try right.merge(samples[3])
    try right.merge(left)
    #expect(right.encoded() == expected)

    let histograms = parts.enumerated().map { index, part in
      var histogram = ScoreHistogram(of: 0.1...0.7)
      histogram.add(part.rows.column(0))
      return StampedResult(histogram, worker: "1", parameters: "p", shard: "\(index)")
    }
    #expect(try joined([2, 0, 3, 1], histograms) == joined([0, 1, 2, 3], histograms))

    let series = parts.enumerated().map { index, part in
      var moments = SeriesMoments()
      for row in 0..<part.rows.rowCount {
        moments.add("s\(part.keys[row] % 5)", part.rows[row, 1], at: Int64(row))
      }
      return StampedResult(moments, worker: "1", parameters: "p", shard: "\(index)")
    }
    #expect(try joined([2, 0, 3, 1], series) == joined([0, 1, 2, 3], series))

    let scored = parts.enumerated().map { index, part in
      var rows = ScoredRows()
      rows.add(part.keys.map { String($0) }, scores: part.rows.column(2))
      return StampedResult(rows, worker: "1", parameters: "p", shard: "\(index)")
    }
    #expect(try joined([2, 0, 3, 1], scored) == joined([0, 1, 2, 3], scored))
  }

  @Test func `a file reads back to the result, and an altered byte is found`() throws {
    var sample = RowSample(seed: .max, capacity: 4, columnCount: 1)
    sample.add(Matrix(rows: [[1], [.nan], [3], [4], [5]]), keys: [1, 2, 3, 4, .max])
    let stamped = StampedResult(sample, worker: "1", parameters: "p", shard: "x")
    let bytes = stamped.encoded()
    let back = try StampedResult<RowSample>(ShardResultFile(decoding: bytes))
    #expect(back == stamped)
    #expect(back.encoded() == bytes)
    for index in stride(from: 0, to: bytes.count, by: 7) {
      var altered = bytes
      altered[index] ^= 1
      #expect(throws: ShardResultError.self, "byte \(index)") {
        try StampedResult<RowSample>(ShardResultFile(decoding: altered))
      }
    }
  }

  @Test func `results of another version, other parameters or the same shard are refused`() throws {
    func result(_ worker: String, _ parameters: String, _ shard: String) -> StampedResult<
      ScoredRows
    > { StampedResult(ScoredRows(), worker: worker, parameters: parameters, shard: shard) }
    var first = result("1", "p", "a")
    #expect(throws: ShardResultError.differentWorkers(expected: "1", actual: "2")) {
      try first.merge(result("2", "p", "b"))
    }
    #expect(throws: ShardResultError.differentParameters(expected: "p", actual: "q")) {
      try first.merge(result("1", "q", "b"))
    }
    #expect(throws: ShardResultError.repeatedShard("a")) {
      try first.merge(result("1", "p", "a"))
    }
  }

  @Test func `parameters that need every row at once are refused`() throws {
    for parameters in [
      try IsolationForestParameters(sampleSize: .fraction(0.5)),
      try IsolationForestParameters(drawsWithReplacement: true),
      try IsolationForestParameters(contamination: .falseAlarmRate(0.01)),
    ] {
      #expect(throws: TrainingError.self) {
        try IsolationForestLearner(parameters: parameters).sampleCapacity()
      }
    }
  }
}
