internal import Transactions

extension EvaluationReport {
  /// The report as Markdown; its plots are the files of `plots()` in the folder `plots` beside it.
  public func markdown() -> String {
    let rows = evaluation.rows
    var text = """
      # \(Markdown.escaped(title))

      **\(Markdown.escaped(verdict.sentence)).** \(Markdown.escaped(verdict.grounds))

      \(changes.map(Markdown.escaped).joined(separator: "\n\n"))

      \(NumberText.grouped(rows.count)) payments, \(NumberText.grouped(rows.positiveCount)) of them fraud, on \
      \(rows.dayCount) \(rows.dayCount == 1 ? "day" : "days"), \(rows.firstTime.dateText) to \
      \(rows.lastTime.dateText). Budget: \(evaluation.settings.alertsPerDay) alerts a day.

      ## \(Markdown.escaped(evaluation.primary.name))


      """
    text += Markdown.table(
      ["Figure", "Value", "Interval", "Meaning"],
      EvaluationReport.headlineFigures.map { metric in
        let estimate = evaluation.primary.headline[metric] ?? Estimate(.undefined("not computed"))
        return [
          metric.title, estimate.value.value.map { NumberText.figure($0, of: metric) } ?? "n/a",
          estimate.interval.map { NumberText.interval($0, of: metric) } ?? "",
          estimate.value.reason ?? metric.explanation(budget: evaluation.settings.alertsPerDay),
        ]
      })
    let plots = plotPages.map { plot in
      "![\(plot.title): \(Markdown.escaped(plot.caption))](plots/\(plot.name).svg)\n\n"
    }
    text += sections.map { $0.markdown(plots: plots.joined()) }.joined()
    return text + "\n\(footer)\n"
  }
}
