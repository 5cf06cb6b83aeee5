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

  static func draw(_ evaluation: Evaluation, with gnuplot: Gnuplot) throws(EvaluationError)
    -> [Plot]
  {
    var plots: [Plot] = []
    for description in [
      histogram(evaluation), precisionRecall(evaluation), roc(evaluation), days(evaluation),
    ] {
      plots.append(
        Plot(
          name: description.name, title: description.title, caption: description.caption,
          svg: try gnuplot.svg(
            name: description.name, title: description.title + ": " + description.caption,
            script: frame + description.script)))
    }
    return plots
  }

  private struct Description {
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

  private static func curves(
    _ evaluation: Evaluation, name: String, title: String, caption: String,
    labels: (x: String, y: String),
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
        set xrange [0:1]
        set yrange [0:1]
        set xlabel '\(labels.x)'
        set ylabel '\(labels.y)'
        set key bmargin center horizontal
        plot \(lines.joined(separator: ", "))

        """)
  }

  private static func days(_ evaluation: Evaluation) -> Description {
    let days = evaluation.days
    let rows = days.enumerated().map { index, day in
      [Double(index), Double(day.fraudCount), Double(day.caughtCount)]
    }
    let labelStep = max(1, (days.count + 9) / 10)
    let labels = stride(from: 0, to: days.count, by: labelStep).map { index in
      "'\(days[index].start.dateText.dropFirst(5))' \(index)"
    }
    return Description(
      name: "daily-alerts", title: "Fraud caught each day",
      caption: "frauds of the day, and those among its \(evaluation.settings.alertsPerDay) alerts",
      script: Gnuplot.dataBlock("days", rows) + """
        set yrange [0:]
        set xrange [-0.6:\(Double(days.count) - 0.4)]
        set xtics (\(labels.joined(separator: ", ")))
        set grid noxtics
        set ylabel 'Frauds'
        set key outside top right horizontal
        set boxwidth 0.7
        plot $days using 1:2 with boxes fs solid 1 noborder lc rgb '\(PlotPalette.missed)' \
        title 'missed', \
        $days using 1:3 with boxes fs solid 1 noborder lc rgb '\(PlotPalette.fraud)' title 'caught'

        """)
  }
}
