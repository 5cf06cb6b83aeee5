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
    \(detectorSection)
    \(plotSection)
    \(scenarioSection)
    \(differenceSection)
    \(migrationSection)
    \(missSection)
    \(driftSection)
    \(canarySection)
    \(lineageSection)
    \(notesSection)
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
      </section>
      <ul class="figures" aria-label="Headline figures with \(confidence) % intervals">
      \(figures.joined(separator: "\n"))
      </ul>
      """
  }

  private var detectorSection: String {
    let budget = evaluation.settings.alertsPerDay
    let heads = HeadlineMetric.allCases.map { metric in
      "<th scope=\"col\">\(metric.title)</th>"
    }
    let body = evaluation.detectors.enumerated().map { index, detector in
      let cells = HeadlineMetric.allCases.map { metric -> String in
        let estimate = detector.headline[metric] ?? Estimate(.undefined("not computed"))
        let range = estimate.interval.map { "<small>\(intervalHTML($0, metric))</small>" } ?? ""
        return "<td>\(figureHTML(estimate.value, metric))\(range)</td>"
      }
      let kind = index == evaluation.primaryIndex ? " class=\"primary\"" : ""
      return """
        <tr\(kind)><th scope="row">\(HTML.escaped(detector.name))\
        <small>\(detector.role.rawValue)</small></th>\(cells.joined())</tr>
        """
    }
    return """
      <section>
      <h2>Every detector on the same rows</h2>
      <p>A budget of \(budget) alerts a day. The baselines learned nothing: what does not beat them is not \
      worth running.</p>
      \(HTML.table(label: "Figures of every detector", heads: ["<th scope=\"col\">Detector</th>"] + heads, rows: body))
      </section>
      """
  }

  private var plotSection: String {
    let figures = plotPages.map { plot in
      """
      <figure><figcaption><b>\(HTML.escaped(plot.title))</b>\(HTML.escaped(plot.caption))</figcaption>
      \(plot.svg)</figure>
      """
    }
    let days = evaluation.days.map { day in
      """
      <tr><th scope="row">\(day.start.dateText)</th><td>\(count(day.rowCount))</td>\
      <td>\(count(day.alertCount))</td><td>\(count(day.fraudCount))</td><td>\(count(day.caughtCount))</td>\
      <td>\(money(day.fraudAmount))</td><td>\(money(day.caughtAmount))</td></tr>
      """
    }
    let heads = ["Day", "Payments", "Alerts", "Frauds", "Caught", "Fraud amount", "Caught amount"]
      .map { "<th scope=\"col\">\($0)</th>" }
    // A page stays small whatever the rows: after a quarter, the days are in metrics.json only.
    let dayTable =
      days.count > 92
      ? ""
      : """
      <details><summary>The days as a table</summary>
      \(HTML.table(label: "Alerts by day", heads: heads, rows: days))
      </details>
      """
    return """
      <section>
      <h2>Curves</h2>
      <p>How the scores separate fraud from the rest, and what that means at every alert budget.</p>
      <div class="plots">
      \(figures.joined(separator: "\n"))
      </div>
      \(dayTable)
      </section>
      """
  }

  private var scenarioSection: String {
    guard !evaluation.scenarios.isEmpty else { return "" }
    let heads =
      [
        "<th scope=\"col\">Scenario</th>", "<th scope=\"col\">Frauds</th>",
        "<th scope=\"col\">Amount</th>",
      ]
      + evaluation.detectors.map { "<th scope=\"col\">\(HTML.escaped($0.name))</th>" }
    // The same bound for a data set with a scenario a row.
    let shown = evaluation.scenarios.prefix(30)
    let rows = shown.map { scenario in
      let recalls = scenario.recalls.map { "<td>\(figureHTML($0, .recallAtBudget))</td>" }
      return """
        <tr><th scope="row">\(HTML.escaped(scenario.name ?? "not named"))</th><td>\(count(scenario.count))</td>\
        <td>\(money(scenario.amount))</td>\(recalls.joined())</tr>
        """
    }
    let rest = evaluation.scenarios.count - shown.count
    let more = rest > 0 ? "<p class=\"muted\">\(rest) more in metrics.json.</p>" : ""
    return """
      <section>
      <h2>What kind of fraud is caught</h2>
      <p>Share of each scenario among the day's \(evaluation.settings.alertsPerDay) alerts.</p>
      \(HTML.table(label: "Recall by scenario", heads: heads, rows: rows))\(more)
      </section>
      """
  }

  private var differenceSection: String {
    let metrics: [HeadlineMetric] = EvaluationReport.headlineFigures
    let heads =
      ["<th scope=\"col\">Against</th>"] + metrics.map { "<th scope=\"col\">\($0.title)</th>" }
    let rows = evaluation.comparisons.map { comparison in
      let cells = metrics.map { metric -> String in
        guard let difference = comparison.differences[metric]?.estimate,
          let value = difference.value.value
        else { return "<td class=\"muted\">not defined</td>" }
        let unit = metric.isShare ? " pp" : ""
        let range =
          difference.interval.map { interval in
            "<small>\(differenceHTML(interval.lowerBound, metric)) to "
              + "\(differenceHTML(interval.upperBound, metric))\(unit)</small>"
          } ?? ""
        return "<td>\(differenceHTML(value, metric))\(unit)\(range)</td>"
      }
      return
        "<tr><th scope=\"row\">\(HTML.escaped(comparison.otherName))</th>\(cells.joined())</tr>"
    }
    return """
      <section>
      <h2>Is the difference real?</h2>
      <p>\(HTML.escaped(evaluation.primary.name)) minus each other detector, both on the same redrawn rows. \
      An interval that leaves 0 out is more than luck.</p>
      \(HTML.table(label: "Paired differences", heads: heads, rows: rows))
      </section>
      """
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
    switch value {
    case .value(let number):
      "<data value=\"\(number)\">\(NumberText.figure(number, of: metric))</data>"
    case .undefined(let reason):
      "<span class=\"muted\" title=\"\(HTML.escaped(reason))\">n/a</span>"
    }
  }

  private func intervalHTML(_ range: ClosedRange<Double>, _ metric: HeadlineMetric) -> String {
    NumberText.interval(range, of: metric)
  }

  private func differenceHTML(_ value: Double, _ metric: HeadlineMetric) -> String {
    "<data value=\"\(value)\">\(NumberText.difference(value, of: metric))</data>"
  }

  func count(_ value: Int) -> String {
    "<data value=\"\(value)\">\(NumberText.grouped(value))</data>"
  }

  private func money(_ value: Double) -> String {
    "<data value=\"\(value)\">\(NumberText.fixed(value, 0))</data>"
  }
}

extension HTML {
  /// A table that scrolls by itself on a narrow screen, by keyboard too.
  static func table(label: String, heads: [String], rows: [String]) -> String {
    """
    <div class="scroll" role="region" aria-label="\(escaped(label))" tabindex="0">
    <table>
    <thead><tr>\(heads.joined())</tr></thead>
    <tbody>
    \(rows.joined(separator: "\n"))
    </tbody>
    </table>
    </div>
    """
  }
}
