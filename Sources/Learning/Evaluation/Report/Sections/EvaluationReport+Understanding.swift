extension EvaluationReport {
  /// What the detector relies on; `nil` when nobody looked.
  var importanceSection: ReportSection? {
    guard !importance.isEmpty else { return nil }
    return ReportSection(
      anchor: "features", title: "What the scores rest on",
      lead:
        "Average precision lost when a feature is shuffled over the rows, on a sample with all kinds of rows, and its "
        + "share in explaining the highest scores. A feature that costs nothing can go.",
      blocks: [
        .table(
          .init(
            label: "Importance of the features",
            heads: ["Feature", "Average precision lost", "Share in the highest scores"],
            // The bound keeps the page small for wide tables.
            rows: importance.prefix(40).map { feature in
              .init(
                .text(feature.name),
                [.number(feature.precisionLoss, 4), .share(feature.alertShare)])
            }))
      ]
        + (importance.count > 40
          ? [.paragraph("\(importance.count - 40) more in metrics.json.")] : []))
  }

  /// What holds without any label; `nil` when nobody looked.
  var unlabelledSection: ReportSection? {
    guard let unlabelled else { return nil }
    var rows: [ReportSection.Row] = [
      .init(
        .named("Rows above the model's threshold", "contamination implied"),
        [
          .share(unlabelled.contaminationImplied),
          unlabelled.contaminationExpected.map { .share($0) } ?? .text(""),
        ])
    ]
    if let stability = unlabelled.stability {
      let seeds = "with \(stability.seedCount) other seeds"
      rows.append(
        .init(
          .named("Rank correlation", seeds), [.number(stability.rankCorrelation, 3), .text("1")]))
      rows.append(
        .init(.named("Alerts shared", seeds), [.share(stability.sharedAlerts), .text("100 %")]))
    }
    if let massVolume = unlabelled.massVolume {
      rows.append(
        .init(
          .named("Excess mass", "area under the curve"),
          [.number(massVolume.excessMass, 4), .text("high")]))
      rows.append(
        .init(
          .named("Mass–volume", "area under the curve, masses 0.9 to 0.999"),
          [.number(massVolume.massVolume, 4), .text("low")]))
    }
    return ReportSection(
      anchor: "unlabelled", title: "Without any label",
      lead:
        "What the scores say by themselves: whether the share of alarms is the one that was asked for, whether another "
        + "seed would raise the same alarms, and how little space holds most of the rows.",
      blocks: [
        .table(
          .init(
            label: "Figures that need no label", heads: ["Figure", "Value", "Aim"], rows: rows))
      ])
  }

  var canarySection: ReportSection? {
    canary.map { canary in
      ReportSection(anchor: "canary", title: "Leak canary", lead: canary.sentence, blocks: [])
    }
  }

  /// The usual headings of a model card (Mitchell et al. 2019, "Model Cards for Model Reporting").
  var modelCardSection: ReportSection {
    let budget = evaluation.settings.alertsPerDay
    let known = Dictionary(facts.map { ($0.name, $0.value) }) { first, _ in first }
    let moved = drift.map { driftSummary($0) } ?? "Nobody compared training and test rows."
    return ReportSection(
      anchor: "card", title: "Model card", lead: "",
      blocks: [
        .headed(
          "Model details",
          "\(evaluation.primary.name), \(lineage.features.count) features, code version "
            + "\(lineage.codeVersion ?? "not recorded"). Parameters under Data and lineage."),
        .headed(
          "Intended use",
          "Ranking payments for people who read about \(budget) alerts a day. Not meant for declining payments by itself, "
            + "nor for judging a person."),
        .headed(
          "Factors",
          "Figures by amount, time of day and recorded categories are under the slices; where these are few, the intervals "
            + "say so."),
        .headed(
          "Metrics",
          "Average precision and figures at the daily budget, with \(NumberText.fixed(evaluation.settings.confidence * 100, 0)) % "
            + "intervals; thresholds by \(evaluation.settings.thresholdRules.count) rules."),
        .headed("Training data", known["Training"] ?? "Not recorded."),
        .headed(
          "Evaluation data",
          (known["Test"] ?? "Not recorded.") + " "
            + (known["Frauds"].map { "Frauds: \($0)." } ?? "")),
        .headed("Quantitative analyses", "\(verdict.sentence). \(verdict.grounds)"),
        .headed(
          "Ethical considerations",
          "The rows hold payments of people; this page shows keys only. A false alarm can block somebody's card: read the "
            + "precision of each slice before use."),
        .headed(
          "Caveats and recommendations",
          "\(moved) Labels arrive late and some frauds are never reported, so the figures are of known fraud."
        ),
      ])
  }
}
