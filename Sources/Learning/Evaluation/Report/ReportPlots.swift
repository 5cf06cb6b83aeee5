internal import Transactions

/// The plots of a report, drawn by gnuplot.
struct ReportPlots {
  /// One plot with what it shows in words.
  struct Plot: Sendable {
    let name: String
    let title: String
    let caption: String
    let svg: String
  }

  static func draw(
    _ evaluation: Evaluation, backtest: Backtest?, with gnuplot: Gnuplot
  ) throws(EvaluationError) -> [Plot] {
    var plots: [Plot] = []
    let descriptions: [Description?] = [
      backtest.map(weeks), precisionRecall(evaluation), roc(evaluation), gain(evaluation),
      histogram(evaluation),
      calibration(evaluation), days(evaluation), flagged(evaluation),
    ]
    for description in descriptions.compactMap({ $0 }) {
      plots.append(
        Plot(
          name: description.name, title: description.title, caption: description.caption,
          svg: try gnuplot.svg(
            name: description.name, title: description.title + ": " + description.caption,
            script: frame + description.script)))
    }
    return plots
  }

  struct Description {
    let name: String
    let title: String
    let caption: String
    let script: String
  }

  private static let frame = """
    set border 3 lc rgb '\(PlotPalette.axis)'
    set tics nomirror textcolor rgb '\(PlotPalette.text)' scale 0.5
    set grid lc rgb '\(PlotPalette.grid)' lt 1 lw 0.8
    set key textcolor rgb '\(PlotPalette.text)' samplen 1.5 spacing 1.15
    set xlabel textcolor rgb '\(PlotPalette.text)'
    set ylabel textcolor rgb '\(PlotPalette.text)'
    set format x '%g'
    set format y '%g'

    """

  private static func histogram(_ evaluation: Evaluation) -> Description {
    let histogram = evaluation.primary.histogram
    let rows = histogram.genuine.indices.map { bin in
      [
        (histogram.edges[bin] + histogram.edges[bin + 1]) / 2, Double(histogram.genuine[bin]),
        Double(histogram.anomalies[bin]), histogram.edges[bin + 1] - histogram.edges[bin],
      ]
    }
    // Bars start at half a row, so that one row is visible on the logarithmic axis; an empty bin has no bar.
    return Description(
      name: "score-histogram", title: "Scores by class",
      caption: "rows by anomaly score of \(evaluation.primary.name), logarithmic count",
      script: Gnuplot.dataBlock("bins", rows) + """
        set logscale y
        set yrange [0.5:]
        set format y '%.0f'
        set xlabel 'Anomaly score'
        set ylabel 'Rows'
        set grid noxtics
        set xrange [\(histogram.edges.first ?? 0):\(histogram.edges.last ?? 1)]
        plot $bins using 1:($2 > 0 ? $2 : NaN):4 with boxes fs solid 0.55 noborder \
        lc rgb '\(PlotPalette.genuine)' title 'genuine', \
        $bins using 1:($3 > 0 ? $3 : NaN):4 with boxes fs solid 0.8 noborder \
        lc rgb '\(PlotPalette.fraud)' title 'fraud'

        """)
  }

  private static func precisionRecall(_ evaluation: Evaluation) -> Description {
    curves(
      evaluation, name: "precision-recall", title: "Precision and recall",
      caption: "share of alerts that are fraud, by the share of fraud that is caught",
      labels: ("Recall", "Precision")
    ) { $0.precisionRecall }
  }

  private static func roc(_ evaluation: Evaluation) -> Description {
    curves(
      evaluation, name: "roc", title: "Receiver operating characteristic",
      caption: "share of fraud that is caught, by the share of genuine rows that are flagged",
      labels: ("False positive rate", "True positive rate")
    ) { $0.roc }
  }

  static func curves(
    _ evaluation: Evaluation, name: String, title: String, caption: String,
    labels: (x: String, y: String), settings: String = "set xrange [0:1]",
    points: (DetectorEvaluation) -> [(x: Double, y: Double)]
  ) -> Description {
    var blocks = ""
    var lines: [String] = []
    var seriesCount = 0
    for (index, detector) in evaluation.detectors.enumerated() {
      let curve = points(detector)
      guard !curve.isEmpty else { continue }
      blocks += Gnuplot.dataBlock("curve\(index)", curve.map { [$0.x, $0.y] })
      let style: String
      if detector.role == .baseline {
        let dash = detector.name == "random" ? "lw 1.2 dt (2,3)" : "lw 1.5 dt (9,5)"
        style = "lc rgb '\(PlotPalette.yardstick)' \(dash)"
      } else {
        let color = PlotPalette.series[seriesCount % PlotPalette.series.count]
        style = "lc rgb '\(color)' lw \(index == evaluation.primaryIndex ? 2.4 : 1.7)"
        seriesCount += 1
      }
      lines.append(
        "$curve\(index) using 1:2 with lines \(style) title \(Gnuplot.quoted(detector.name))")
    }
    // Without both classes there is no curve; the empty frame then says so.
    if lines.isEmpty {
      lines = ["NaN notitle"]
      blocks =
        "set label 1 'not defined for these rows' at graph 0.5,0.5 center "
        + "textcolor rgb '\(PlotPalette.text)'\n"
    }
    return Description(
      name: name, title: title, caption: caption,
      script: blocks + """
        \(settings)
        set yrange [0:1]
        set xlabel '\(labels.x)'
        set ylabel '\(labels.y)'
        set key tmargin right horizontal
        plot \(lines.joined(separator: ", "))

        """)
  }
}
