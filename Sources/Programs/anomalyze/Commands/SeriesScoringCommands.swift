internal import Arguments
internal import Evaluation
internal import Files
internal import Ingestion
internal import JSON
internal import Models
internal import Pipeline
internal import SeriesStorage
internal import Terminal
internal import Transactions

extension LabCommand {
  static let scoreSeriesEntry = LabEntry(
    CommandSyntax(
      "score-series",
      "Judge every point of series, each by the points before it or by its stored model.",
      options: [
        .config, .snapshot,
        .init("--csv", "FILE", "Read one series from a CSV file with timestamp and value."),
      ] + CommandSyntax.Option.seriesSource + [
        .init("--series", "ID", "Judge this series only."),
        .init(
          "--method", "NAME",
          "adaptive: one alert an episode, without a fit; stored: the band of the stored model.",
          default: "adaptive"),
        .init("--warm-up", "N", "adaptive: points learned before the first alert.", default: "600"),
        .init(
          "--threshold", "SCORE", "adaptive: an alert needs this score, 0 to 1.", default: "0.667"),
        .init(
          "--time-zone", "ZONE", "adaptive: whose clocks tell the hours: Europe/Berlin, +02:00.",
          default: "UTC"),
        .init(
          "--series-store", "FILE", "stored: the server's store of series.",
          default: "var/series.sqlite"),
        .init("--output", "FILE", "Write a CSV line for each point: scores, alert, band."),
        .init("--plot", "FILE", "Draw one series as SVG: points, band or score, what is flagged."),
        .json,
      ],
      examples: [
        "anomalyze score-series --csv readings.csv --output scores.csv --plot readings.svg",
        "anomalyze score-series --source var/transactions.sqlite --by merchant --series M000001 "
          + "--method stored --plot merchant.svg",
      ]), LabCommand.scoreSeries)

  func scoreSeries() throws {
    let scoring = try seriesScoring()
    let wanted = values.text("--series")
    let plot = values.text("--plot")
    var lines = SeriesScores.csvHeader
    let listsPoints = values.text("--output") != nil
    var (seriesCount, pointCount, alertCount) = (0, 0, 0)
    var unscored = 0
    var drawn: SeriesChart?
    try forEachJudgedSeries { id, series in
      guard wanted.map({ $0 == id }) ?? true else { return }
      guard let scores = try scoring.scores(of: series, id: id) else {
        unscored += 1
        return
      }
      seriesCount += 1
      pointCount += series.values.count
      alertCount += scores.episodeCount
      if listsPoints { lines += scores.csv(id: id, series: series) }
      if plot != nil {
        guard drawn == nil else {
          throw UsageError("--plot draws one series; name it with --series")
        }
        drawn = scores.chart(title: id, series: series)
      }
    }
    guard seriesCount > 0 else {
      throw UsageError(
        wanted.map { "there is no series \($0) to judge" } ?? "there is no series to judge")
    }
    if let file = values.text("--output") {
      try FileSystem.writeAtomically(Array(lines.utf8), to: file)
    }
    if let plot, let drawn {
      try FileSystem.writeAtomically(Array(try drawn.svg(with: Gnuplot()).utf8), to: plot)
    }
    show(
      [
        "series": .integer(Int64(seriesCount)), "points": .integer(Int64(pointCount)),
        "alerts": .integer(Int64(alertCount)), "without_model": .integer(Int64(unscored)),
      ],
      "\(grouped(seriesCount)) series, \(grouped(pointCount)) points: \(grouped(alertCount)) alerts\n"
        + (unscored > 0 ? "\(grouped(unscored)) series have no stored model\n" : ""))
  }

  private func seriesScoring() throws -> SeriesScoring {
    switch values.text("--method") ?? "adaptive" {
    case "adaptive":
      do {
        let parameters = try AdaptiveParameters(
          threshold: values.value("--threshold", "a number") { Double($0) } ?? 2.0 / 3,
          warmUpCount: values.integer("--warm-up", in: 0...1_000_000) ?? 600)
        return .adaptive(parameters, try timeZone())
      } catch let error as ThreeSigmaError {
        throw UsageError("\(error)")
      }
    case "stored":
      let moment = now
      return .stored(
        try SeriesStore(
          at: values.text("--series-store") ?? "var/series.sqlite", now: { moment }))
    default: throw UsageError("--method must be adaptive or stored")
    }
  }

  /// Lends the series that the options name, a file among them.
  private func forEachJudgedSeries(_ body: (String, TimeSeries) throws -> Void) throws {
    guard let path = values.text("--csv") else { return try forEachSeries(body) }
    try body(values.text("--series") ?? "series", TimeSeries(contentsOfCSV: path))
  }
}
