internal import Transactions

extension EvaluationReport {
  var detectorSection: ReportSection {
    ReportSection(
      anchor: "detectors", title: "Every detector on the same rows",
      lead:
        "A budget of \(evaluation.settings.alertsPerDay) alerts a day. The baselines learned nothing: what does "
        + "not beat them is not worth running.",
      blocks: [
        .table(
          .init(
            label: "Figures of every detector",
            heads: ["Detector"] + HeadlineMetric.allCases.map(\.title),
            rows: evaluation.detectors.enumerated().map { index, detector in
              .init(
                .named(detector.name, detector.role.rawValue),
                HeadlineMetric.allCases.map { .metric(detector.headline[$0], $0) },
                isMarked: index == evaluation.primaryIndex)
            }))
      ])
  }

  var curveSection: ReportSection {
    // A page stays small whatever the rows: after a quarter, the days are in metrics.json only.
    let days = evaluation.days.count > 92 ? [] : evaluation.days
    let flagged = evaluation.validation?.flaggedByDay ?? []
    let table = ReportSection.Table(
      label: "Alerts by day",
      heads: ["Day", "Payments", "Read", "Frauds", "Caught", "Fraud amount", "Caught amount"]
        + (flagged.isEmpty ? [] : ["Above threshold"]),
      rows: days.enumerated().map { index, day in
        .init(
          .day(day.start.dateText),
          [
            .count(day.rowCount), .count(day.alertCount), .count(day.fraudCount),
            .count(day.caughtCount), .number(day.fraudAmount, 0), .number(day.caughtAmount, 0),
          ] + (flagged.isEmpty ? [] : [.count(flagged[index])]))
      })
    return ReportSection(
      anchor: "curves", title: "Curves",
      lead:
        "How the scores separate fraud from the rest, and what that means at every alert budget.",
      blocks: [.plots] + (days.isEmpty ? [] : [.folded("The days as a table", [.table(table)])]))
  }

  /// Kinds of fraud, and slices of all rows.
  var sliceSections: [ReportSection] {
    var sections: [ReportSection] = []
    if !evaluation.scenarios.isEmpty {
      sections.append(
        ReportSection(
          anchor: "scenarios", title: "What kind of fraud is caught",
          lead: "Share of each kind that lies within the daily budget.",
          blocks: [
            .table(
              .init(
                label: "Fraud caught by scenario",
                heads: ["Scenario", "Frauds", "Amount"] + evaluation.detectors.map(\.name),
                // The bound keeps the page small for a data set with a scenario a row.
                rows: evaluation.scenarios.prefix(30).map { scenario in
                  .init(
                    .text(scenario.name ?? "not named"),
                    [.count(scenario.count), .number(scenario.amount, 0)]
                      + scenario.recalls.map { .share($0) })
                }))
          ]))
    }
    if !evaluation.slices.isEmpty {
      sections.append(
        ReportSection(
          anchor: "slices", title: "Where it works and where it does not",
          lead:
            "\(evaluation.primary.name) on parts of the rows, each with the day's common budget. Few frauds make wide "
            + "intervals: read those first.",
          blocks: [
            .table(
              .init(
                label: "Figures by slice",
                heads: [
                  "Slice", "Payments", "Frauds", "Read", "Fraud caught", "Alert precision",
                  "Average precision",
                ],
                rows: evaluation.slices.map { slice in
                  .init(
                    .named(slice.name, slice.dimension),
                    [
                      .count(slice.rowCount), .count(slice.fraudCount), .count(slice.alertCount),
                      .share(slice.recall), .share(slice.precision),
                      .number(slice.averagePrecision, 3),
                    ])
                }))
          ]))
    }
    return sections
  }
}
