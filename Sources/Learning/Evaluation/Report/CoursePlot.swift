public import Transactions

/// How figures went over time, a line each, drawn by gnuplot.
public struct CoursePlot: Sendable {
  /// One figure over time.
  public struct Line: Sendable {
    let name: String
    let points: [(Timestamp, Double)]

    /// Makes a line of points in order of time.
    public init(name: String, points: [(Timestamp, Double)]) {
      self.name = name
      self.points = points
    }
  }

  private let title: String
  private let lines: [Line]

  /// Describes a plot.
  public init(title: String, lines: [Line]) {
    self.title = title
    self.lines = lines
  }

  /// The plot as SVG.
  ///
  /// - Throws: `EvaluationError.noRows` without any point, or `.plottingFailed`.
  public func svg(with plotter: Gnuplot) throws(EvaluationError) -> String {
    let drawn = lines.filter { !$0.points.isEmpty }
    guard !drawn.isEmpty else { throw .noRows(reason: "there is nothing to draw") }
    var script = """
      set border 3 lc rgb '\(PlotPalette.axis)'
      set tics nomirror textcolor rgb '\(PlotPalette.text)' scale 0.5
      set grid lc rgb '\(PlotPalette.grid)' lt 1 lw 0.8
      set key bottom left textcolor rgb '\(PlotPalette.text)' samplen 1.5 spacing 1.15
      set title \(Gnuplot.quoted(title)) textcolor rgb '\(PlotPalette.text)'
      set xdata time
      set timefmt '%s'
      set format x '%b %Y'
      set yrange [0:*]

      """
    for (index, line) in drawn.enumerated() {
      script += Gnuplot.dataBlock(
        "line\(index)", line.points.map { [$0.0.wholeSeconds, $0.1] })
    }
    script += "plot "
    script += drawn.indices.map { index in
      "$line\(index) using 1:2 with lines lw \(index == 0 ? 2.5 : 1.5) "
        + "lc rgb '\(PlotPalette.series[index % PlotPalette.series.count])' "
        + "title \(Gnuplot.quoted(drawn[index].name))"
    }.joined(separator: ", ")
    return try plotter.svg(name: "course", title: title, script: script + "\n")
  }
}

extension Timestamp {
  /// Seconds since the epoch, exact for every day that a plot shows.
  fileprivate var wholeSeconds: Double { Double(microseconds / 1_000_000) }
}
