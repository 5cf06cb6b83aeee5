internal import JSON
internal import Transactions

extension EvaluationReport {
  /// How each way of retraining did week by week; `nil` when the report is of no backtest.
  var backtestSection: ReportSection? {
    guard let backtest else { return nil }
    let heads = backtest.courses.flatMap { ["\($0.name): average precision", "fraud caught"] }
    return ReportSection(
      anchor: "backtest", title: "Week after week",
      lead: backtest.courses.map { course in
        "\(course.name) trained \(course.fitCount) \(course.fitCount == 1 ? "time" : "times")"
      }.joined(separator: ", ")
        + ". Each model saw only rows whose labels were known when it was trained.",
      blocks: [
        .table(
          .init(
            label: "Figures by week", heads: ["Week", "Payments", "Frauds"] + heads,
            rows: backtest.weekStarts.indices.map { week in
              let first = backtest.courses[0].weeks[week]
              return .init(
                .day(backtest.weekStarts[week].dateText),
                [.count(first.rowCount), .count(first.fraudCount)]
                  + backtest.courses.flatMap { course -> [ReportSection.Cell] in
                    [
                      .number(course.weeks[week].averagePrecision, 3),
                      .share(course.weeks[week].recall),
                    ]
                  })
            }))
      ])
  }
}

extension Backtest {
  var json: JSONObject {
    [
      "weeks": .array(weekStarts.map { .string($0.dateText) }),
      "courses": .array(
        courses.map { course in
          [
            "name": .string(course.name), "fits": .integer(Int64(course.fitCount)),
            "weeks": .array(course.weeks.map { .object($0.json) }),
          ]
        }),
    ]
  }
}

extension ReportPlots {
  /// Average precision by week, a line for each way of retraining.
  static func weeks(_ backtest: Backtest) -> Description {
    var blocks = ""
    var lines: [String] = []
    for (index, course) in backtest.courses.enumerated() {
      let points = course.weeks.enumerated().compactMap { week, figures in
        figures.averagePrecision.value.map { [Double(week), $0] }
      }
      guard !points.isEmpty else { continue }
      blocks += Gnuplot.dataBlock("course\(index)", points)
      let color = PlotPalette.series[index % PlotPalette.series.count]
      lines.append(
        "$course\(index) using 1:2 with lines lw 2 lc rgb '\(color)' title \(Gnuplot.quoted(course.name))"
      )
      lines.append(
        "$course\(index) using 1:2 with circles fs solid 1 noborder lc rgb '\(color)' notitle")
    }
    let step = max(1, (backtest.weekStarts.count + 9) / 10)
    let labels = stride(from: 0, to: backtest.weekStarts.count, by: step).map { week in
      "'\(backtest.weekStarts[week].dateText.dropFirst(5))' \(week)"
    }
    return Description(
      name: "weeks", title: "Retraining", caption: "average precision of each week's payments",
      script: blocks + """
        set style circle radius graph 0.008
        set xrange [-0.4:\(Double(backtest.weekStarts.count) - 0.6)]
        set yrange [0:]
        set xtics (\(labels.joined(separator: ", ")))
        set xlabel 'Week from'
        set ylabel 'Average precision'
        set key bmargin center horizontal
        plot \(lines.isEmpty ? "NaN notitle" : lines.joined(separator: ", "))

        """)
  }
}
