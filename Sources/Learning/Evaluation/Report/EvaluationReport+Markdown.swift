internal import Transactions

extension EvaluationReport {
  /// The report as Markdown; its plots are the files of `plots()` in the folder `plots` beside it.
  public func markdown() -> String {
    let rows = evaluation.rows
    var text = """
      # \(Markdown.escaped(title))

      **\(Markdown.escaped(verdict.sentence)).** \(Markdown.escaped(verdict.grounds))

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
          metric.title, Markdown.figure(estimate.value, metric),
          estimate.interval.map { NumberText.interval($0, of: metric) } ?? "",
          estimate.value.reason ?? metric.explanation(budget: evaluation.settings.alertsPerDay),
        ]
      })
    text += "\n## Every detector on the same rows\n\n"
    text += Markdown.table(
      ["Detector", "Role"] + HeadlineMetric.allCases.map(\.title),
      evaluation.detectors.map { detector in
        [detector.name, detector.role.rawValue]
          + HeadlineMetric.allCases.map { metric in
            Markdown.figure(detector.headline[metric]?.value ?? .undefined(""), metric)
          }
      })
    text += "\n## Curves\n\n"
    for plot in plotPages {
      text += "![\(plot.title): \(Markdown.escaped(plot.caption))](plots/\(plot.name).svg)\n\n"
    }
    if !evaluation.scenarios.isEmpty {
      text += "## What kind of fraud is caught\n\n"
      text += Markdown.table(
        ["Scenario", "Frauds", "Amount"] + evaluation.detectors.map(\.name),
        evaluation.scenarios.prefix(30).map { scenario in
          [
            scenario.name ?? "not named", NumberText.grouped(scenario.count),
            NumberText.fixed(scenario.amount, 0),
          ] + scenario.recalls.map { Markdown.figure($0, .recallAtBudget) }
        })
    }
    text += "\n## Is the difference real?\n\n"
    text +=
      "\(Markdown.escaped(evaluation.primary.name)) minus each other detector, on the same redrawn rows.\n\n"
    text += Markdown.table(
      ["Against"] + EvaluationReport.headlineFigures.map(\.title),
      evaluation.comparisons.map { comparison in
        [comparison.otherName]
          + EvaluationReport.headlineFigures.map { metric in
            Markdown.difference(comparison.differences[metric]?.estimate, metric)
          }
      })
    if !drift.isEmpty {
      text += "\n## Has the data moved?\n\n\(Markdown.escaped(driftSummary))\n\n"
      text += Markdown.table(
        Array(EvaluationReport.driftHeads.prefix(4)),
        driftRows.map { feature in
          [
            feature.name, feature.verdict.rawValue, NumberText.fixed(feature.stability.index, 3),
            NumberText.fixed(feature.stability.chanceLevel, 3),
          ]
        })
    }
    if let canary { text += "\n## Leak canary\n\n\(Markdown.escaped(canary.sentence))\n" }
    text += "\n## Data and lineage\n\n"
    text += Markdown.table(["", ""], facts.map { [$0.name, $0.value] })
    if !lineage.commands.isEmpty {
      text += "\n## How to reproduce\n\n"
      text += lineage.commands.map { "    \($0)\n" }.joined()
    }
    text += "\n## How to read this\n\n" + notes.map { "- \(Markdown.escaped($0))\n" }.joined()
    return text + "\n\(footer)\n"
  }
}

private enum Markdown {
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\", "`", "*", "_", "[", "]", "<", ">", "|", "#": result += "\\\(scalar)"
      case _ where scalar.properties.generalCategory == .control: result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  static func table(_ heads: [String], _ rows: [[String]]) -> String {
    func line(_ cells: [String]) -> String {
      "| " + cells.map(escaped).joined(separator: " | ") + " |\n"
    }
    return line(heads) + "|" + heads.map { _ in " --- |" }.joined() + "\n"
      + rows.map(line).joined()
  }

  static func figure(_ value: MetricValue, _ metric: HeadlineMetric) -> String {
    value.value.map { NumberText.figure($0, of: metric) } ?? "n/a"
  }

  static func difference(_ estimate: Estimate?, _ metric: HeadlineMetric) -> String {
    guard let estimate, let value = estimate.value.value else { return "n/a" }
    let range = estimate.interval.map { interval in
      " (\(NumberText.difference(interval.lowerBound, of: metric)) to "
        + "\(NumberText.difference(interval.upperBound, of: metric)))"
    }
    return NumberText.difference(value, of: metric) + (metric.isShare ? " pp" : "") + (range ?? "")
  }
}
