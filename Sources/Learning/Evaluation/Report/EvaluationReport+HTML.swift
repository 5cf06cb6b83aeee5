internal import Transactions

extension EvaluationReport {
  static let headlineFigures: [HeadlineMetric] = [
    .averagePrecision, .recallAtBudget, .moneyRecallAtBudget, .cardPrecisionAtBudget,
    .areaUnderROC,
  ]

  /// The page: one file without script or network, readable in light and dark, narrow and printed.
  ///
  /// Every figure stands in a `data` element whose value has all the digits of `metrics.json`.
  public func html() -> String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
    <meta name="viewport" content="width=device-width,initial-scale=1">
    <title>\(HTML.escaped(title))</title>
    <link rel="icon" href="data:,">
    <style>
    \(ReportStyle.sheet)
    </style>
    </head>
    <body>
    <main>
    \(opening)
    \(contents)
    \(sections.map { $0.html(plots: plotFigures) }.joined(separator: "\n"))
    <footer>\(footer)</footer>
    </main>
    </body>
    </html>

    """
  }

  private var opening: String {
    let rows = evaluation.rows
    let confidence = NumberText.fixed(evaluation.settings.confidence * 100, 0)
    let figures = EvaluationReport.headlineFigures.map { metric in
      let estimate = evaluation.primary.headline[metric] ?? Estimate(.undefined("not computed"))
      let range = estimate.interval.map { intervalHTML($0, metric) } ?? "&nbsp;"
      return """
        <li><p class="name">\(metric.title)</p>
        <p class="big">\(figureHTML(estimate.value, metric))</p>
        <p class="range">\(estimate.value.reason.map(HTML.escaped) ?? range)</p>
        \(deltaHTML(metric))
        <p class="what">\(metric.explanation(budget: evaluation.settings.alertsPerDay))</p></li>
        """
    }
    return """
      <header>
      <p class="kicker">Evaluation report</p>
      <h1>\(HTML.escaped(title))</h1>
      <p class="lead">\(NumberText.grouped(rows.count)) payments, \
      \(NumberText.grouped(rows.positiveCount)) of them fraud, on \
      \(rows.dayCount) \(rows.dayCount == 1 ? "day" : "days"), \
      \(rows.firstTime.dateText) to \(rows.lastTime.dateText)</p>
      </header>
      <section class="verdict \(verdict.status.rawValue)" aria-label="Verdict">
      <strong>\(HTML.escaped(verdict.sentence))</strong>
      <p>\(HTML.escaped(verdict.grounds))</p>
      \(changes.map { "<p>\(HTML.escaped($0))</p>" }.joined(separator: "\n"))
      </section>
      <ul class="figures" aria-label="Headline figures with \(confidence) % intervals">
      \(figures.joined(separator: "\n"))
      </ul>
      """
  }

  private var contents: String {
    let links = sections.map { "<a href=\"#\($0.anchor)\">\(HTML.escaped($0.title))</a>" }
    return "<nav aria-label=\"Contents\">\(links.joined(separator: " "))</nav>"
  }

  private var plotFigures: String {
    let figures = plotPages.map { plot in
      """
      <figure><figcaption><b>\(HTML.escaped(plot.title))</b>\(HTML.escaped(plot.caption))</figcaption>
      \(plot.svg)</figure>
      """
    }
    return "<div class=\"plots\">\n\(figures.joined(separator: "\n"))\n</div>"
  }

  /// What changed against the champion, or what is gained over the best baseline.
  private func deltaHTML(_ metric: HeadlineMetric) -> String {
    guard let reference = evaluation.reference,
      let difference = reference.differences[metric]?.estimate.value.value
    else { return "" }
    return """
      <p class="delta">\(differenceHTML(difference, metric))\(metric.isShare ? " pp" : "") \
      against \(HTML.escaped(reference.otherName))</p>
      """
  }

  private func figureHTML(_ value: MetricValue, _ metric: HeadlineMetric) -> String {
    ReportSection.Cell.metric(value, metric).html
  }

  private func intervalHTML(_ range: ClosedRange<Double>, _ metric: HeadlineMetric) -> String {
    NumberText.interval(range, of: metric)
  }

  private func differenceHTML(_ value: Double, _ metric: HeadlineMetric) -> String {
    "<data value=\"\(value)\">\(NumberText.difference(value, of: metric))</data>"
  }
}
