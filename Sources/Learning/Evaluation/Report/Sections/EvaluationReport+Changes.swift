extension EvaluationReport {
  var differenceSection: ReportSection {
    ReportSection(
      anchor: "differences", title: "Is the difference real?",
      lead:
        "\(evaluation.primary.name) minus each other detector, both on the same redrawn rows. An interval that leaves 0 "
        + "out is more than luck.",
      blocks: [
        .table(
          .init(
            label: "Paired differences",
            heads: ["Against"] + EvaluationReport.headlineFigures.map(\.title),
            rows: evaluation.comparisons.map { comparison in
              .init(
                .text(comparison.otherName),
                EvaluationReport.headlineFigures.map {
                  .difference(comparison.differences[$0]?.estimate, $0)
                })
            }))
      ])
  }

  /// Which alerts come, stay and go against each other detector.
  var migrationSection: ReportSection {
    let costs = evaluation.settings.costs
    let frauds = evaluation.rows.positiveCount
    var blocks: [ReportSection.Block] = [
      .table(
        .init(
          label: "Alerts shared and not shared",
          heads: [
            "Against", "Shared alerts", "of them fraud", "Only this detector", "of them fraud",
            "Only the other", "of them fraud", "Cost here", "Cost there",
          ],
          rows: evaluation.comparisons.map { comparison in
            let migration = comparison.migration
            return .init(
              .text(comparison.otherName),
              [migration.shared, migration.onlyPrimary, migration.onlyOther].flatMap {
                [.count($0.count), .count($0.fraudCount)]
              } + [
                .number(migration.costs(costs, frauds: frauds).own, 0),
                .number(migration.costs(costs, frauds: frauds).other, 0),
              ])
          }))
    ]
    if let reference = evaluation.reference {
      blocks += keyList(
        "Frauds that only \(evaluation.primary.name) catches", reference.migration.onlyPrimary)
      blocks += keyList(
        "Frauds that only \(reference.otherName) catches", reference.migration.onlyOther)
    }
    return ReportSection(
      anchor: "alerts", title: "Which alerts change",
      lead:
        "What the people who read the alerts would see with \(evaluation.primary.name) instead of each other detector, and "
        + "what that costs: \(NumberText.short(costs.perAlert)) an alert, \(NumberText.short(costs.perMissedFraud)) a missed fraud.",
      blocks: blocks)
  }

  private func keyList(_ title: String, _ group: AlertMigration.Group) -> [ReportSection.Block] {
    guard !group.fraudKeys.isEmpty else { return [] }
    let rest = group.fraudCount - group.fraudKeys.count
    return [
      .folded(
        "\(title) (\(NumberText.grouped(group.fraudCount)))",
        [
          .paragraph(
            group.fraudKeys.joined(separator: ", ")
              + (rest > 0 ? " and \(NumberText.grouped(rest)) more" : ""))
        ])
    ]
  }

  /// Where the champion's ranks went; `nil` without a champion.
  var rankSection: ReportSection? {
    guard let ranks = evaluation.rankMigration else { return nil }
    let bands = RankMigration.bandNames
    return ReportSection(
      anchor: "ranks", title: "Which ranks change",
      lead:
        "Rows by their place in the order of \(evaluation.primary.name) (down) and of the champion (across); below each "
        + "number the frauds among them.",
      blocks: [
        .table(
          .init(
            label: "Migration of ranks", heads: [""] + bands.map { "champion: \($0)" },
            rows: bands.indices.map { own in
              .init(
                .text(bands[own]),
                bands.indices.map { other in
                  .figure(
                    Double(ranks.rowCounts[own][other]),
                    NumberText.grouped(ranks.rowCounts[own][other]),
                    note: "\(NumberText.grouped(ranks.fraudCounts[own][other])) fraud")
                })
            })),
        .table(
          .init(
            label: "Agreement", heads: ["Agreement of the two orders", ""],
            rows: [.init(.text("Rank correlation (Spearman)"), [.number(ranks.rankCorrelation, 3)])]
          )),
        .folded(
          "The \(ranks.changes.count) rows that move farthest, by key alone",
          [
            .table(
              .init(
                label: "Rows that move farthest",
                heads: ["Row", "Fraud", "Rows above it here", "Rows above it with the champion"],
                rows: ranks.changes.map { change in
                  .init(
                    .key(change.key),
                    [
                      .text(change.isFraud ? "yes" : "no"), .share(change.ownRank),
                      .share(change.otherRank),
                    ])
                }))
          ]),
      ])
  }

  /// The frauds that rank lowest, by key alone.
  var missSection: ReportSection? {
    guard !evaluation.worstMisses.isEmpty else { return nil }
    return ReportSection(
      anchor: "misses", title: "Worst misses",
      lead: "The frauds with the lowest scores: where a new feature or rule would help most.",
      blocks: [
        .folded(
          "The \(evaluation.worstMisses.count) frauds that rank lowest",
          [
            .table(
              .init(
                label: "Frauds with the lowest scores",
                heads: ["Row", "Scenario", "Anomaly score", "Rows that score as high"],
                rows: evaluation.worstMisses.map { miss in
                  .init(
                    .key(miss.key),
                    [
                      .text(miss.scenario ?? "not named"), .number(miss.score, 3),
                      .share(miss.rankShare),
                    ])
                }))
          ])
      ])
  }
}
