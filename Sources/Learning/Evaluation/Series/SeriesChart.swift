public import Transactions

/// A series drawn by gnuplot: its values, what is flagged, and the band or the scores that say why.
public struct SeriesChart: Sendable {
  /// What was expected at each point, and where normal values end.
  public struct Band: Sendable {
    /// The expected values.
    public let expected: [Double]
    /// The lower ends of the band.
    public let lower: [Double]
    /// The upper ends of the band.
    public let upper: [Double]

    /// Joins the three lists, which have an element a point.
    public init(expected: [Double], lower: [Double], upper: [Double]) {
      self.expected = expected
      self.lower = lower
      self.upper = upper
    }
  }

  /// More points than these share a column, of which the lowest and the highest value are drawn.
  private static let columnCount = 600

  private let title: String
  private let series: TimeSeries
  private let flagged: [Int]
  private let band: Band?
  private let scores: (values: [Double], threshold: Double)?

  /// Describes a drawing.
  ///
  /// - Parameters:
  ///   - title: What stands above.
  ///   - series: The points.
  ///   - flagged: The indices of the points to mark.
  ///   - band: Drawn behind the values.
  ///   - scores: Drawn below the values, with a line at the threshold.
  public init(
    title: String, series: TimeSeries, flagged: [Int], band: Band?,
    scores: (values: [Double], threshold: Double)?
  ) {
    self.title = title
    self.series = series
    self.flagged = flagged
    self.band = band
    self.scores = scores
  }

  /// The drawing as SVG; its size does not grow with the number of points, but for the flags.
  ///
  /// - Throws: `EvaluationError.noRows` without any point, or `.plottingFailed`.
  public func svg(with plotter: Gnuplot) throws(EvaluationError) -> String {
    guard !series.values.isEmpty else { throw .noRows(reason: "there is nothing to draw") }
    var script = """
      set border 3 lc rgb '\(PlotPalette.axis)'
      set tics nomirror textcolor rgb '\(PlotPalette.text)' scale 0.5
      set grid lc rgb '\(PlotPalette.grid)' lt 1 lw 0.8
      set key above textcolor rgb '\(PlotPalette.text)' samplen 1.5
      set style circle radius graph 0.008
      set xdata time
      set timefmt '%s'
      set format x '\(timeFormat)'
      set xtics \(tickDistance)
      set lmargin 9
      set xrange ['\(second(0))':'\(second(series.values.count - 1) + 1)']

      """
    script += Gnuplot.dataBlock("points", extremes(of: series.values))
    if !flagged.isEmpty {
      script += Gnuplot.dataBlock(
        "flagged", flagged.map { [second($0), drawable(series.values[$0])] })
    }
    if let band {
      script += Gnuplot.dataBlock(
        "band",
        columns.map(\.lowerBound).map { index in
          [second(index)]
            + [band.expected[index], band.lower[index], band.upper[index]].map(drawable)
        })
    }
    if let scores {
      script += Gnuplot.dataBlock("scores", extremes(of: scores.values))
      script += "set multiplot layout 2,1\n"
    }
    script += "set title \(Gnuplot.quoted(title)) textcolor rgb '\(PlotPalette.text)'\nplot "
    var curves: [String] = []
    if band != nil {
      curves.append(
        "$band using 1:3:4 with filledcurves fs transparent solid 0.3 noborder "
          + "lc rgb '\(PlotPalette.genuine)' title 'band'")
      curves.append(
        "$band using 1:2 with lines lw 1.5 lc rgb '\(PlotPalette.series[1])' title 'expected'")
    }
    curves.append("$points using 1:2 with lines lc rgb '\(PlotPalette.series[0])' title 'value'")
    if !flagged.isEmpty {
      curves.append(
        "$flagged using 1:2 with circles fill solid noborder lc rgb '\(PlotPalette.fraud)' "
          + "title 'flagged'")
    }
    script += curves.joined(separator: ", ") + "\n"
    if let scores {
      script += """
        unset title
        set yrange [0:*]
        plot $scores using 1:2 with lines lc rgb '\(PlotPalette.genuine)' title 'score', \
        \(scores.threshold) with lines lc rgb '\(PlotPalette.yardstick)' dt 2 title 'threshold'
        unset multiplot

        """
    }
    return try plotter.svg(name: "series", title: title, script: script)
  }

  private var timeFormat: String {
    let span = second(series.values.count - 1) - second(0)
    return span < 2 * 86_400 ? "%H:%M" : span < 200 * 86_400 ? "%d %b" : "%b %Y"
  }

  /// Whole days where a day is what the axis tells.
  private var tickDistance: String {
    let days = (second(series.values.count - 1) - second(0)) / 86_400
    return days >= 2 && days < 200 ? "\(86_400 * max(1, Int(days / 6)))" : "autofreq"
  }

  private func second(_ index: Int) -> Double {
    Double(series.timestamps[index].microseconds / 1_000_000)
  }

  /// gnuplot reads no number past this, and no eye sees a difference.
  private func drawable(_ value: Double) -> Double { min(max(value, -1e300), 1e300) }

  private var columns: [Range<Int>] {
    let count = series.values.count
    let used = min(count, SeriesChart.columnCount)
    return (0..<used).map { count * $0 / used..<count * ($0 + 1) / used }
  }

  /// The lowest and the highest value of each column, in the order in which they came.
  private func extremes(of values: [Double]) -> [[Double]] {
    columns.flatMap { column -> [[Double]] in
      var (low, high) = (column.lowerBound, column.lowerBound)
      for index in column {
        if values[index] < values[low] { low = index }
        if values[index] > values[high] { high = index }
      }
      return (low == high ? [low] : [min(low, high), max(low, high)]).map {
        [second($0), drawable(values[$0])]
      }
    }
  }
}
