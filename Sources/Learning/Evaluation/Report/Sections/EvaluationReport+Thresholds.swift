extension EvaluationReport {
  var thresholdSection: ReportSection {
    guard let validation = evaluation.validation else {
      return ReportSection(
        anchor: "thresholds", title: "Where to draw the line",
        lead:
          "No threshold is offered: the split has no validation period, and a threshold that the test rows choose "
          + "promises more than it keeps. Set evaluation.validation, or give --validate FROM..TO.",
        blocks: [])
    }
    let costs = evaluation.settings.costs
    var blocks: [ReportSection.Block] = [
      .table(
        .init(
          label: "Thresholds and what they do",
          heads: [
            "Chosen so that", "Threshold", "Promised precision", "Promised recall", "Alerts a day",
            "Precision", "Fraud caught", "F score", "Money caught", "Cost",
          ],
          rows: validation.thresholds.map { outcome in
            .init(
              .text(outcome.rule.title),
              [
                .number(outcome.choice.threshold, 4), .share(outcome.choice.precision),
                .share(outcome.choice.recall),
              ] + effect(outcome))
          }))
    ]
    if let calibration = validation.calibration {
      blocks.append(
        .table(
          .init(
            label: "Calibration", heads: ["Do the promised shares of fraud come true?", ""],
            rows: [
              .init(.text("Expected calibration error"), [.number(calibration.expectedError, 5)]),
              .init(.text("Brier score"), [.number(calibration.brierScore, 5)]),
            ])))
    }
    return ReportSection(
      anchor: "thresholds", title: "Where to draw the line",
      lead:
        "Each threshold was chosen on \(NumberText.grouped(validation.rowCount)) validation rows before the test "
        + "(\(NumberText.grouped(validation.positiveCount)) frauds, \(validation.dayCount) days), which promise the first two "
        + "figures; the others are what it does on the test rows. Cost: \(NumberText.short(costs.perAlert)) an alert, "
        + "\(NumberText.short(costs.perMissedFraud)) a missed fraud.",
      blocks: blocks)
  }

  private func effect(_ outcome: ThresholdOutcome) -> [ReportSection.Cell] {
    guard let effect = outcome.test else {
      let reason = outcome.choice.threshold.reason ?? "no threshold"
      return [ReportSection.Cell](repeating: .undefined(reason), count: 6)
    }
    return [
      .number(effect.alertsPerDay, 1), .share(effect.precision), .share(effect.recall),
      .number(effect.fScore, 3), .share(effect.moneyRecall), .number(effect.cost, 0),
    ]
  }

  var responseSection: ReportSection? {
    let response = evaluation.response
    guard response.compromisedCount > 0 else { return nil }
    return ReportSection(
      anchor: "response", title: "How soon a compromise is noticed",
      lead:
        "From an entity's first fraud of the period to its first payment among the day's alerts.",
      blocks: [
        .table(
          .init(
            label: "Time to the first alert",
            heads: [
              "Compromised", "Noticed", "Median hours", "Nine in ten, hours",
              "Frauds before the alert", "Money lost before it",
            ],
            rows: [
              .init(
                .count(response.compromisedCount),
                [
                  .count(response.noticedCount), .number(response.medianHours, 1),
                  .number(response.ninthDecileHours, 1), .number(response.fraudsBefore, 2),
                  .share(response.moneyShareBefore),
                ])
            ]))
      ])
  }
}
