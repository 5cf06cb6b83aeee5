internal import Transactions

extension ReportPlots {
  static func days(_ evaluation: Evaluation) -> Description {
    let days = evaluation.days
    let rows = days.enumerated().map { index, day in
      [Double(index), Double(day.fraudCount), Double(day.caughtCount)]
    }
    return Description(
      name: "daily-alerts", title: "Fraud caught each day",
      caption: "frauds of the day, and those among its \(evaluation.settings.alertsPerDay) alerts",
      script: Gnuplot.dataBlock("days", rows) + dayAxis(days) + """
        set yrange [0:]
        set ylabel 'Frauds'
        plot $days using 1:2 with boxes fs solid 1 noborder lc rgb '\(PlotPalette.missed)' \
        title 'missed', \
        $days using 1:3 with boxes fs solid 1 noborder lc rgb '\(PlotPalette.fraud)' title 'caught'

        """)
  }

  /// Rows a day above the threshold that the validation rows chose for the budget; `nil` without one.
  static func flagged(_ evaluation: Evaluation) -> Description? {
    guard let flagged = evaluation.validation?.flaggedByDay, !flagged.isEmpty else { return nil }
    let budget = evaluation.settings.alertsPerDay
    let rows = flagged.enumerated().map { [Double($0.offset), Double($0.element)] }
    return Description(
      name: "alerts-above-threshold", title: "Alerts each day",
      caption: "payments above the threshold that validation chose for \(budget) alerts a day",
      script: Gnuplot.dataBlock("days", rows) + dayAxis(evaluation.days) + """
        set yrange [0:]
        set ylabel 'Alerts'
        plot $days using 1:2 with boxes fs solid 1 noborder lc rgb '\(PlotPalette.genuine)' \
        title 'above the threshold', \
        \(budget) with lines lw 1.5 dt (9,5) lc rgb '\(PlotPalette.yardstick)' title 'budget'

        """)
  }

  private static func dayAxis(_ days: [DayResult]) -> String {
    let step = max(1, (days.count + 9) / 10)
    let labels = stride(from: 0, to: days.count, by: step).map { index in
      "'\(days[index].start.dateText.dropFirst(5))' \(index)"
    }
    return """
      set xrange [-0.6:\(Double(days.count) - 0.4)]
      set xtics (\(labels.joined(separator: ", ")))
      set grid noxtics
      set key outside top right horizontal
      set boxwidth 0.7

      """
  }

  static func gain(_ evaluation: Evaluation) -> Description {
    curves(
      evaluation, name: "gain", title: "Gain",
      caption: "share of fraud that is found, by the share of payments read from the top",
      labels: ("Share of payments read", "Share of fraud found"),
      settings: """
        set logscale x
        set xrange [0.00001:1]
        set xtics ('0.001 %%' 0.00001, '0.01 %%' 0.0001, '0.1 %%' 0.001, '1 %%' 0.01, '10 %%' 0.1, '100 %%' 1)
        """
    ) { $0.gain }
  }

  /// Promised and observed shares of fraud; `nil` without a calibration.
  static func calibration(_ evaluation: Evaluation) -> Description? {
    guard let groups = evaluation.validation?.calibration?.groups else { return nil }
    // A logarithmic axis has no 0; a group without fraud stands at its lower edge.
    let floor = 0.0001
    let rows = groups.map { [max($0.predicted, floor), max($0.observed, floor)] }
    return Description(
      name: "calibration", title: "Calibration",
      caption:
        "share of fraud that validation rows promise for a score, and what came true in the test",
      script: Gnuplot.dataBlock("groups", rows) + """
        set logscale xy
        set style circle radius graph 0.012
        set xrange [\(floor):1]
        set yrange [\(floor):1]
        set xlabel 'Promised share of fraud'
        set ylabel 'Observed share'
        set key tmargin right horizontal
        plot x with lines lw 1.2 dt (9,5) lc rgb '\(PlotPalette.yardstick)' title 'as promised', \
        $groups using 1:2 with lines lw 1.7 lc rgb '\(PlotPalette.series[0])' \
        title \(Gnuplot.quoted(evaluation.primary.name)), \
        $groups using 1:2 with circles fs solid 1 noborder lc rgb '\(PlotPalette.series[0])' notitle

        """)
  }
}
