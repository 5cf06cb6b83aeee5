extension EvaluationReport {
  /// What moved, in a sentence.
  func driftSummary(_ drift: DriftReport) -> String {
    let moved = drift.features.filter { $0.verdict == .moved }.map(\.name)
    var sentences: [String] = []
    if moved.isEmpty {
      sentences.append("No feature moved enough to matter.")
    } else {
      let names = moved.prefix(5).joined(separator: ", ") + (moved.count > 5 ? " and others" : "")
      sentences.append("\(moved.count) of \(drift.features.count) features moved: \(names).")
    }
    if drift.score?.verdict == .moved { sentences.append("The scores moved too.") }
    if drift.volume.isAlarm {
      sentences.append(
        "The number of rows a day changed by \(NumberText.percent(drift.volume.relativeChange)).")
    }
    for category in drift.categories where category.isAlarm {
      sentences.append(
        "\(NumberText.percent(category.newRowShare)) of the rows have a \(category.category.title.lowercased()) "
          + "that training had not seen.")
    }
    return sentences.joined(separator: " ")
  }

  var driftSection: ReportSection? {
    guard let drift else { return nil }
    let recent = Dictionary(drift.recent.map { ($0.name, $0) }) { first, _ in first }
    // The most moved first, at most 60 so that the page stays small.
    let shown = drift.features.sorted { $0.stability.index > $1.stability.index }.prefix(60)
    let rows =
      [drift.score].compactMap { $0 }.map { row($0, recent: drift.recentScore) }
      + shown.map { row($0, recent: recent[$0.name]) }
    var blocks: [ReportSection.Block] = [
      .table(
        .init(
          label: "Drift from training to test",
          heads: [
            "Feature", "In words", "PSI", "Chance level", "PSI, last \(drift.recentDayCount) days",
            "KS distance", "Wasserstein / σ", "Missing before", "Missing now",
          ], rows: rows))
    ]
    if drift.features.count > shown.count {
      blocks.append(.paragraph("\(drift.features.count - shown.count) more in metrics.json."))
    }
    blocks.append(
      .table(
        .init(
          label: "Volume",
          heads: ["Rows a day", "Training", "Test", "Change", "In standard errors"],
          rows: [
            .init(
              .text(drift.volume.isAlarm ? "changed" : "as before"),
              [
                .number(drift.volume.trainingPerDay, 0), .number(drift.volume.currentPerDay, 0),
                .share(drift.volume.relativeChange), .number(drift.volume.standardErrors, 1),
              ])
          ])))
    if !drift.categories.isEmpty {
      blocks.append(
        .table(
          .init(
            label: "New values of categories",
            heads: ["Category", "Values in training", "New values", "Rows with a new value"],
            rows: drift.categories.map { change in
              let examples = change.examples.joined(separator: ", ")
              return .init(
                .named(change.category.title, examples.isEmpty ? "" : "new: \(examples)"),
                [.count(change.knownCount), .count(change.newCount), .share(change.newRowShare)],
                isMarked: change.isAlarm)
            })))
    }
    return ReportSection(
      anchor: "drift", title: "Has the data moved?",
      lead: driftSummary(drift)
        + " A feature counts as moved when its population stability index over bins fixed at training passes both "
        + "\(NumberText.fixed(PopulationStability.materialLevel, 1)) and what chance gives; if nothing moved, the whole table "
        + "has an alarm in \(NumberText.percent(drift.alarmRate)) of reports at most.",
      blocks: blocks)
  }

  private func row(_ feature: FeatureDrift, recent: FeatureDrift?) -> ReportSection.Row {
    .init(
      .text(feature.name),
      [
        .text(feature.sentence), .number(feature.stability.index, 3),
        .number(feature.stability.chanceLevel, 3),
        recent.map { .number($0.stability.index, 3) } ?? .undefined("no recent row"),
        .number(feature.distance, 3), .number(feature.transport, 2),
        .share(feature.missingShares.training), .share(feature.missingShares.current),
      ], isMarked: feature.verdict == .moved)
  }
}
