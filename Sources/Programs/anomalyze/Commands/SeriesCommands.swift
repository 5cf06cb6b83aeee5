internal import Arguments
internal import Files
internal import Ingestion
internal import JSON
internal import Models
internal import Pipeline
internal import SeriesStorage
internal import Terminal
internal import Training
internal import Transactions

extension LabCommand {
  /// Many series at once.
  static let seriesCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax(
        "fit-series",
        "Fit a 3-sigma model to every series and keep them where the server finds them.",
        options: [
          .config, .snapshot,
        ] + CommandSyntax.Option.seriesSource + [
          .init(
            switch: "--push-down",
            "With --source and sigma: let the database count equal values; same models, fewer rows."
          ),
          .init("--method", "NAME", "sigma, robust, ewma, seasonal or auto.", default: "sigma"),
          .init("--threshold", "SIGMAS", "Half the width of the band.", default: "3"),
          .init("--sides", "SIDES", "both, upper or lower.", default: "both"),
          .init("--min-points", "N", "Fewer points get no model.", default: "2"),
          .init(
            "--time-zone", "ZONE",
            "Whose clocks tell the hours of seasonal: Europe/Berlin, +02:00.", default: "UTC"),
          .init("--window", "N", "With sigma: go by the last N points only."),
          .init(
            "--forgetting", "FACTOR",
            "With sigma: each later point makes a point count FACTOR times as much, such as 0.99."),
          .init(
            "--series-store", "FILE", "The server's store of series.", default: "var/series.sqlite"),
          .init("--quality", "FILE", "Write a CSV line with the findings on each series."),
        ] + CommandSyntax.Option.engines + [.threads, .json],
        examples: [
          "anomalyze fit-series --by merchant --method robust",
          "anomalyze fit-series --source postgresql://db/payments --engine dask --shards 16",
          "anomalyze fit-series --source metrics.sqlite --query "
            + "'SELECT sensor AS series_id, at AS time, reading AS value FROM readings'",
        ]), LabCommand.fitSeries),
    scoreSeriesEntry,
  ]

  func fitSeries() throws {
    let parameters = try seriesParameters()
    if parameters.memory != .everything, try values.isOn("--push-down") || engine() != nil {
      throw UsageError(
        "--window and --forgetting need the points in order; --push-down and --engine add them up")
    }
    let path = values.text("--series-store") ?? "var/series.sqlite"
    if let slash = path.lastIndex(of: "/") {
      try FileSystem.createDirectory(String(path[..<slash]))
    }
    let moment = now
    let store = try SeriesStore(at: path, now: { moment })
    var lines = "series_id,points,coverage,gaps,constant,fault\n"
    let listsSeries = values.text("--quality") != nil
    var fitting = SeriesFitting(
      parameters: parameters, store: store, threadCount: try context().threadCount
    ) { findings in
      if listsSeries { lines += findings.csvLine }
    }
    var progress = ProgressLine("fitting")
    var pointCount = 0
    func add(_ id: String, _ material: SeriesFitting.Material, _ count: Int) throws {
      try fitting.add(id, material)
      pointCount += count
      progress.update(pointCount)
    }
    var lineage: ShardLineage?
    if try engine() != nil {
      let found = try shardedMoments(by: seriesHolder(), parameters)
      for (id, entry) in found.series { try add(id, entry.material, entry.moments.count) }
      lineage = found.lineage
    } else if values.isOn("--push-down"), let query = try seriesQuery() {
      guard parameters.method == .sigma else {
        throw UsageError("--push-down counts values in the database; it needs --method sigma")
      }
      try query.forEachMoments { try add($0, .moments($1, first: $2, last: $3), $1.count) }
    } else {
      try forEachSeries { try add($0, .points($1), $1.values.count) }
    }
    let summary = try fitting.finish()
    progress.finish()
    if let file = values.text("--quality") {
      try FileSystem.writeAtomically(Array(lines.utf8), to: file)
    }
    var document = summary.json
    if let lineage, var members = document.objectValue {
      members["lineage"] = lineage.json
      document = .object(members)
    }
    show(document, summary.text + "models are in \(path)\n")
  }

  /// Whose amounts make a series.
  private func seriesHolder() throws -> SeriesHolder {
    try choice("--by", SeriesHolder.self) ?? .user
  }

  /// What is asked of the database that the options name; `nil` without one.
  private func seriesQuery() throws -> SeriesQuery? {
    guard let source = values.text("--source") else { return nil }
    let location = try SourceLocation(parsing: source)
    return try values.text("--query").map { SeriesQuery(location: location, text: $0) }
      ?? SeriesQuery(location: location, amountsBy: seriesHolder())
  }

  /// Lends the series of the database or the snapshot that the options name.
  func forEachSeries(_ body: (String, TimeSeries) throws -> Void) throws {
    if let query = try seriesQuery() { return try query.forEachSeries(body) }
    let snapshot = try SnapshotCollection(root: configuration().snapshotsFolder)
      .open(values.text("--snapshot"))
    for (id, series) in try snapshot.amounts(by: seriesHolder()) { try body(id, series) }
  }

  private func seriesParameters() throws -> ThreeSigmaParameters {
    do {
      return try ThreeSigmaParameters(
        threshold: values.value("--threshold", "a number of sigmas") { Double($0) } ?? 3,
        method: choice("--method", ThreeSigmaMethod.self) ?? .sigma,
        sides: choice("--sides", AnomalySides.self) ?? .both,
        minimumPointCount: values.integer("--min-points", in: 2...1_000_000_000) ?? 2,
        zone: try timeZone(), memory: try seriesMemory())
    } catch let error as ThreeSigmaError {
      throw UsageError("\(error)")
    }
  }

  func timeZone() throws -> CalendarZone {
    guard let text = values.text("--time-zone") else { return .utc }
    do {
      return try CalendarZone(parsing: text)
    } catch {
      throw UsageError("--time-zone: \(error)")
    }
  }

  private func seriesMemory() throws -> SeriesMemory {
    let window = try values.integer("--window")
    let factor = try values.value("--forgetting", "a number") { Double($0) }
    switch (window, factor) {
    case (nil, nil): return .everything
    case (let count?, nil): return .window(pointCount: count)
    case (nil, let factor?): return .forgetting(factor: factor)
    case (_?, _?): throw UsageError("--window excludes --forgetting")
    }
  }

  func choice<Choice: RawRepresentable & CaseIterable>(
    _ option: String, _ type: Choice.Type
  ) throws -> Choice? where Choice.RawValue == String {
    let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    return try values.value(option, "one of \(names)") { Choice(rawValue: String($0)) }
  }
}

extension SeriesQuery {
  /// Lends series by series with its points.
  func forEachSeries(_ body: (String, TimeSeries) throws -> Void) throws {
    var current: String?
    var series = TimeSeries()
    try forEachPoint { id, time, value in
      if id != current {
        if let current { try body(current, series) }
        current = id
        series = TimeSeries()
      }
      series.timestamps.append(time)
      series.values.append(value)
    }
    if let current { try body(current, series) }
  }

  /// Lends series by series with its moments and its first and last time.
  fileprivate func forEachMoments(
    _ body: (String, ExactMoments, Timestamp, Timestamp) throws -> Void
  ) throws {
    var current: String?
    var moments = ExactMoments()
    var (first, last) = (Timestamp(microseconds: .max), Timestamp(microseconds: .min))
    var row = 0
    try forEachCount { count in
      row += 1
      guard count.value.isFinite else {
        throw IngestionError.unreadableValue(
          source: location.description, row: "group \(row) of the query", column: "value",
          expected: "a finite number")
      }
      if count.seriesID != current {
        if let current { try body(current, moments, first, last) }
        current = count.seriesID
        moments = ExactMoments()
        (first, last) = (count.first, count.last)
      }
      moments.add(count.value, occurrences: count.occurrences)
      first = min(first, count.first)
      last = max(last, count.last)
    }
    if let current { try body(current, moments, first, last) }
  }
}

extension SeriesFindings {
  fileprivate var csvLine: String {
    let coverage = coverage.map { "\(($0 * 10_000).rounded() / 10_000)" } ?? ""
    return
      "\(SeriesFindings.csvCell(id)),\(pointCount),\(coverage),\(gapCount),\(isConstant),\(fault ?? "")\n"
  }
}

extension SeriesFittingSummary {
  private var figures: [(name: String, text: String, count: Int)] {
    [
      ("series", "series", seriesCount), ("points", "points", pointCount),
      ("fitted", "fitted", fittedCount), ("constant", "  of them constant", constantCount),
      ("with_gaps", "with gaps", gappedCount),
      ("sparse", "with coverage below 0.9", sparseCount),
      ("unservable", "with identifiers that HTTP cannot ask for", unservableCount),
      ("new_versions", "new versions", newVersionCount),
      ("unchanged", "unchanged", unchangedCount),
    ]
  }

  fileprivate var text: String {
    var table = TextTable(["finding", "count"], rightAligned: [1])
    for figure in figures { table.append([figure.text, grouped(figure.count)]) }
    for (code, count) in faults.sorted(by: { $0.key < $1.key }) {
      table.append(["no model: \(code)", grouped(count)])
    }
    return table.text
  }

  fileprivate var json: JSONValue {
    var object = JSONObject(figures.map { ($0.name, .integer(Int64($0.count))) })
    object["faults"] = .object(
      JSONObject(
        faults.sorted { $0.key < $1.key }.map { (key: $0.key, value: .integer(Int64($0.value))) }))
    return .object(object)
  }
}
