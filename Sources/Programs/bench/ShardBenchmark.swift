internal import Arguments
internal import Files
internal import JSON
internal import Subprocess
internal import Tabular
internal import Terminal
internal import Training

/// The constants of work in shards: how fast one processor samples rows from memory and counts scores, how long results take to
/// join, and with a database the same fit by one worker and by engines.
struct ShardBenchmark {
  static let benchmark = Benchmark(
    CommandSyntax(
      "shards", "Sample rows from memory, join samples, and fit a PostgreSQL table by engines.",
      options: [
        .init("--rows", "N", "Rows in memory.", default: "10000000"),
        .init("--repetitions", "N", "Runs whose median is taken.", default: "5"),
        .init("--url", "URL", "A database with the table that bench pull fills."),
        .init("--engines", "NAME,…", "With --url: the engines.", default: "local"),
        .init("--shards", "N", "With --url: in how many shards.", default: "8"),
        .init("--program", "PATH", "With --url: the program.", default: ".build/release/anomalyze"),
      ]),
    run: { values in
      let rowCount = try values.integer("--rows", in: 100_000...1_000_000_000) ?? 10_000_000
      let repetitions = try values.integer("--repetitions", in: 1...100) ?? 5
      var result = sampling(rowCount: rowCount, repetitions: repetitions)
      if let url = values.text("--url") {
        let names = values.text("--engines") ?? "local"
        result["fits"] = .array(
          try fits(
            url: url, engines: names.split(separator: ",").map(String.init),
            shardCount: values.integer("--shards", in: 1...100_000) ?? 8,
            program: values.text("--program") ?? ".build/release/anomalyze",
            repetitions: repetitions))
      }
      return .object(result)
    })

  private static func sampling(rowCount: Int, repetitions: Int) -> JSONObject {
    let columnCount = 6
    let blockRowCount = 65_536
    var generator = SeededGenerator(seed: 1)
    let block = Matrix(
      rowCount: blockRowCount, columnCount: columnCount,
      values: (0..<blockRowCount * columnCount).map { _ in generator.uniform() })
    // The keys of all rows are different; their values repeat, which sampling does not look at.
    let keys = (0..<rowCount / blockRowCount).map { part in
      (0..<blockRowCount).map { UInt64(part * blockRowCount + $0) }
    }
    let capacity = 100 * 256
    var sample = RowSample(seed: 1, capacity: capacity, columnCount: columnCount)
    let time = Timing.median(repetitions) {
      sample = RowSample(seed: 1, capacity: capacity, columnCount: columnCount)
      for part in keys { sample.add(block, keys: part) }
    }
    let bytes = StampedResult(sample, worker: "bench", parameters: "", shard: "0").encoded()
    var second = RowSample(seed: 1, capacity: capacity, columnCount: columnCount)
    second.add(block, keys: (0..<UInt64(blockRowCount)).map { $0 &+ 1 << 40 })
    let merging = Timing.median(repetitions) {
      var joined = sample
      // Both have the same parameters, so they join.
      try? joined.merge(second)
    }
    let scores = (0..<blockRowCount).map { _ in 0.3 + 0.4 * generator.uniform() }
    var histogram = ScoreHistogram(of: 0.69...1)
    let counting = Timing.median(repetitions) {
      for _ in keys { histogram.add(scores) }
    }
    let rows = Double(keys.count * blockRowCount)
    return [
      "rows": .integer(Int64(rows)), "sample_seconds": .number(time.processor),
      "sample_rows_per_second": .number((rows / time.processor).rounded()),
      "count_rows_per_second": .number((rows / counting.processor).rounded()),
      "sample_bytes": .integer(Int64(bytes.count)), "merge_seconds": .number(merging.processor),
      "peak_bytes": .integer(Int64(Terminal.peakMemoryByteCount)),
    ]
  }

  /// Wall-clock times of fits of the table, by one worker and by each engine: the whole command, and without the time that the
  /// engine took to start, as in a session that runs already.
  private static func fits(
    url: String, engines: [String], shardCount: Int, program: String, repetitions: Int
  ) throws -> [JSONValue] {
    let runs = [("local", 1)] + engines.map { ($0, shardCount) }
    var whole: [Double] = []
    return try runs.map { engine, shards in
      let folder = try StagedDirectory(destination: "/tmp/anomalyze-bench-shards")
      var digest = "none"
      var number = 0
      var (starts, peaks): ([Double], [Int64]) = ([], [])
      let time = try Timing.median(repetitions) {
        number += 1
        var process = Subprocess(
          path: program,
          arguments: [
            "fit", "--source", url, "--columns", "amount", "--detector",
            "{kind: isolation_forest, random_state: 1}", "--engine", engine, "--shards",
            String(shards), "--out", "\(folder.path)/\(number)", "--json",
          ], environment: Terminal.environmentEntries)
        process.secondsAllowed = 3_600
        let outcome = try process.run()
        let report = try? JSONValue(parsing: outcome.output)
        starts.append(report?["lineage"]?["engine_start_seconds"]?.doubleValue ?? 0)
        peaks.append(report?["lineage"]?["worker_peak_bytes"]?.integerValue ?? 0)
        digest = report?["digest"]?.stringValue ?? "failed with code \(outcome.exitCode)"
      }
      let start = starts.sorted()[starts.count / 2]
      whole.append(time.wall)
      func ratio(_ seconds: Double) -> JSONValue {
        .number((seconds / whole[0] * 100).rounded() / 100)
      }
      return [
        "engine": .string(engine), "shards": .integer(Int64(shards)),
        "seconds": .number(time.wall), "engine_start_seconds": .number(start),
        "seconds_in_running_session": .number(time.wall - start),
        "ratio_to_one_worker": ratio(time.wall),
        "ratio_in_running_session": ratio(time.wall - start),
        "worker_peak_bytes": .integer(peaks.max() ?? 0), "digest": .string(digest),
      ]
    }
  }
}
