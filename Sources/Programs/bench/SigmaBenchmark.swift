internal import Arguments
internal import Files
internal import JSON
internal import Models
internal import Tabular
internal import Terminal
internal import Training
internal import Transactions

/// The 3-sigma models, per series and of many variables, beside the peers on the same arrays in the same run.
struct SigmaBenchmark {
  let seriesCount: Int
  let pointCount: Int
  let rowCount: Int
  let columnCount: Int
  let repetitions: Int
  let seed: UInt64
  /// The Python that has the peers installed, and the folder of their scripts.
  let peers: Peers?

  static let benchmark = Benchmark(
    CommandSyntax(
      "sigma", "3-sigma: many series at once, Gaussian fit and scores, single points.",
      options: [
        .init("--series", "N", "How many series.", default: "100000"),
        .init("--points", "N", "Points of each series.", default: "200"),
        .init("--rows", "N", "Rows of the Gaussian's table.", default: "1000000"),
        .init("--columns", "N", "Columns of the Gaussian's table.", default: "30"),
        .init("--repetitions", "N", "Runs whose median is taken.", default: "5"),
        .init("--seed", "N", "Seed of the numbers.", default: "1"),
      ] + Peers.options)
  ) { values in
    try SigmaBenchmark(
      seriesCount: values.integer("--series", in: 1...10_000_000) ?? 100_000,
      pointCount: values.integer("--points", in: 24...1_000_000) ?? 200,
      rowCount: values.integer("--rows", in: 1000...100_000_000) ?? 1_000_000,
      columnCount: values.integer("--columns", in: 1...10_000) ?? 30,
      repetitions: values.integer("--repetitions", in: 1...1000) ?? 5,
      seed: UInt64(values.integer("--seed") ?? 1), peers: Peers(values)
    ).run()
  }

  /// Times and ratios as one JSON document.
  func run() throws -> JSONValue {
    let series = noise(rows: seriesCount, columns: pointCount, stream: 0)
    let rows = noise(rows: rowCount, columns: columnCount, stream: 1 << 32)
    let design = seasonalDesign()
    var ours: [JSONObject] = []
    for threads in Set([1, min(2, Terminal.processorCount)]).sorted() {
      ours += try measure(series: series, rows: rows, design: design, threads: threads)
    }
    ours += try measureSinglePoints(series.row(0)) + measureLongSeries()
    var report: JSONObject = [
      "benchmark": "three_sigma",
      "series": .integer(Int64(seriesCount)),
      "points_per_series": .integer(Int64(pointCount)),
      "rows": .integer(Int64(rowCount)),
      "columns": .integer(Int64(columnCount)),
      "seed": .integer(Int64(seed)),
      "anomalyze": .array(ours.map { .object(SigmaTargets.withLimit($0)) }),
    ]
    if let peers {
      let answers = try runPeers(peers, series: series, rows: rows, design: design)
      report["peers"] = .array(answers)
      report["ratios"] = .array(ratios(ours: ours, peers: answers))
    }
    return .object(report)
  }

  private func measure(
    series: Matrix<Double>, rows: Matrix<Double>, design: Matrix<Double>, threads: Int
  ) throws -> [JSONObject] {
    let offsets = (0...seriesCount).map { $0 * pointCount }
    let names = (0..<columnCount).map { "f\($0)" }
    let interleaved = Interleaved(series)
    let moments = try Timing.median(repetitions) {
      _ = try SeriesSummary.summarize(series.values, offsets: offsets, threadCount: threads)
    }
    let scattered = try Timing.median(repetitions) {
      _ = try SeriesSummary.summarize(
        interleaved.values, seriesIndices: interleaved.series, seriesCount: seriesCount,
        threadCount: threads)
    }
    let robust = Timing.median(repetitions) {
      _ = RobustLevel.levels(of: series.values, offsets: offsets, threadCount: threads)
    }
    let seasonal = try Timing.median(repetitions) {
      _ = try SharedGridRegression(design: design).fit(series, threadCount: threads)
    }
    let learner = GaussianLearner(parameters: try GaussianParameters(shrinkage: .fixed(0)))
    let fit = try Timing.median(repetitions) {
      _ = try learner.fit(rows, featureNames: names, threadCount: threads)
    }
    let detector = try learner.fit(rows, featureNames: names, threadCount: threads)
    let score = try Timing.median(repetitions) {
      _ = try detector.scores(of: rows, threadCount: threads)
    }
    return [
      ("moments", moments), ("moments_interleaved", scattered), ("robust", robust),
      ("seasonal", seasonal), ("gaussian_fit", fit),
      ("gaussian_score", score),
    ].map { work, timing in
      [
        "work": .string(work), "threads": .integer(Int64(threads)),
        "seconds": .number(timing.wall), "cpu_seconds": .number(timing.processor),
      ]
    }
  }

  /// One prediction and one update of a fitted series.
  private func measureSinglePoints(_ values: [Double]) throws -> [JSONObject] {
    let timestamps = values.indices.map { Timestamp(seconds: Int64($0)) }
    let model = try ThreeSigmaModel.fit(timestamps: timestamps, values: values)
    let loops = 10_000
    var alarms = 0
    let time = Timestamp(seconds: 1_000_000)
    let predict = Timing.median(repetitions) {
      for index in 0..<loops where model.predict(Double(index % 7), at: time).isAnomaly {
        alarms += 1
      }
    }
    let later = (0..<loops).map { Timestamp(seconds: 2_000_000 + Int64($0)) }
    let news = (0..<loops).map { Double($0 % 7) }
    let parameters = AdaptiveParameters.standard
    let adaptive = Timing.median(repetitions) {
      var detector = AdaptiveDetector(parameters: parameters)
      for index in 0..<loops where detector.judge(news[index], at: later[index]).isAlert {
        alarms += 1
      }
    }
    let update = try Timing.median(repetitions) {
      var model = model
      try model.update(timestamps: later, values: news)
      alarms += model.pointCount
    }
    precondition(alarms > 0, "the work was done")
    return [("predict", predict), ("update", update), ("adaptive", adaptive)].map { work, timing in
      [
        "work": .string(work), "threads": 1,
        "seconds": .number(timing.wall / Double(loops)),
        "cpu_seconds": .number(timing.processor / Double(loops)),
      ]
    }
  }

  /// The episode score of a series as long as all series of the Numenta benchmark together.
  private func measureLongSeries() throws -> [JSONObject] {
    let values = noise(rows: 1, columns: 365_000, stream: 1 << 33).values
    let score = try Timing.median(repetitions) {
      _ = try LagHotelling().scores(values, warmUpCount: 3_650)
    }
    return [
      [
        "work": "lag_t2", "threads": 1, "seconds": .number(score.wall),
        "cpu_seconds": .number(score.processor),
      ]
    ]
  }

  private func noise(rows: Int, columns: Int, stream: UInt64) -> Matrix<Double> {
    let values = BlockParallel.elements(
      count: rows * columns, blockSize: 1_024 * columns, threadCount: Terminal.processorCount
    ) { block, values in
      var generator = SeededGenerator(
        seed: seed, stream: stream + UInt64(block.lowerBound / columns))
      for _ in block { values.append(50 + 5 * generator.normal()) }
    }
    return Matrix(rowCount: rows, columnCount: columns, values: values)
  }

  /// Constant, trend and three waves a day: 8 regressors.
  private func seasonalDesign() -> Matrix<Double> {
    var design = Matrix<Double>(rowCount: pointCount, columnCount: 8)
    for time in 0..<pointCount {
      design[time, 0] = 1
      design[time, 1] = Double(time) / Double(pointCount)
      for wave in 1...3 {
        let angle = Double(time * wave % 24) / 24 * 6.283185307179586
        design[time, 2 * wave] = PortableMath.sin(angle)
        design[time, 2 * wave + 1] = PortableMath.cos(angle)
      }
    }
    return design
  }

  private func runPeers(
    _ peers: Peers, series: Matrix<Double>, rows: Matrix<Double>,
    design: Matrix<Double>
  ) throws -> [JSONValue] {
    let folder = "/tmp/anomalyze-bench-\(Terminal.wallClockMicroseconds)"
    try FileSystem.createDirectory(folder)
    defer { try? FileSystem.removeTree(folder) }
    let tensors = [("series", series), ("rows", rows), ("design", design)].map { name, matrix in
      Tensor(name, .float64(matrix.values), shape: [matrix.rowCount, matrix.columnCount])
    }
    try FileSystem.writeAtomically(
      SafetensorsArchive(metadata: [:], tensors: tensors).encoded(),
      to: "\(folder)/arrays.safetensors")
    return try peers.answers(of: "three_sigma.py", ["\(folder)/arrays.safetensors"])
  }

  /// Each piece of our work beside each peer, with the target.
  private func ratios(ours: [JSONObject], peers: [JSONValue]) -> [JSONValue] {
    peers.flatMap { peer in
      ours.filter { $0["work"] == peer["work"] }.compactMap { own -> JSONValue? in
        guard let theirs = peer["seconds"]?.doubleValue, let mine = own["seconds"]?.doubleValue,
          mine > 0
        else { return nil }
        var row: JSONObject = [:]
        row["work"] = peer["work"]
        row["peer"] = peer["peer"]
        row["our_threads"] = own["threads"]
        row["ours_seconds"] = .number(mine)
        row["theirs_seconds"] = .number(theirs)
        row["times_faster"] = .number((theirs / mine * 100).rounded() / 100)
        // What a machine that is shared with others still tells.
        if let theirs = peer["cpu_seconds"]?.doubleValue,
          let mine = own["cpu_seconds"]?.doubleValue,
          mine > 0
        {
          row["times_less_processor"] = .number((theirs / mine * 100).rounded() / 100)
        }
        row["target"] =
          SigmaTargets.timesFaster(
            work: peer["work"]?.stringValue ?? "", peer: peer["peer"]?.stringValue ?? ""
          ).map { .number($0) } ?? .null
        return .object(row)
      }
    }
  }
}
