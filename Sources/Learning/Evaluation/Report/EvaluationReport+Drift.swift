extension EvaluationReport {
  /// How many features moved, in a sentence.
  var driftSummary: String {
    let moved = drift.filter { $0.verdict == .moved }.map(\.name)
    guard !moved.isEmpty else { return "No feature moved enough to matter." }
    let names = moved.prefix(5).joined(separator: ", ") + (moved.count > 5 ? " and others" : "")
    return "\(moved.count) of \(drift.count) moved: \(names)."
  }

  static let driftHeads = [
    "Feature", "Verdict", "PSI", "Chance level", "KS distance", "Wasserstein / σ",
    "Missing before", "Missing now",
  ]

  /// One row a feature, the most moved first, at most 60 so that the page stays small.
  var driftRows: [FeatureDrift] {
    Array(drift.sorted { $0.stability.index > $1.stability.index }.prefix(60))
  }

  var driftSection: String {
    guard !drift.isEmpty else { return "" }
    let heads = EvaluationReport.driftHeads.map { "<th scope=\"col\">\(HTML.escaped($0))</th>" }
    func cell(_ value: MetricValue, _ digits: Int) -> String {
      switch value {
      case .value(let number):
        "<td><data value=\"\(number)\">\(NumberText.fixed(number, digits))</data></td>"
      case .undefined(let reason):
        "<td class=\"muted\" title=\"\(HTML.escaped(reason))\">n/a</td>"
      }
    }
    func share(_ value: Double) -> String {
      "<td><data value=\"\(value)\">\(NumberText.percent(value))</data></td>"
    }
    let rows = driftRows.map { feature in
      """
      <tr\(feature.verdict == .moved ? " class=\"primary\"" : "")><th scope="row">\(HTML.escaped(feature.name))</th>\
      <td>\(feature.verdict.rawValue)</td>\(cell(.value(feature.stability.index), 3))\
      \(cell(.value(feature.stability.chanceLevel), 3))\(cell(feature.distance, 3))\
      \(cell(feature.transport, 2))\(share(feature.missingShares.training))\
      \(share(feature.missingShares.current))</tr>
      """
    }
    let rest = drift.count - rows.count
    let more = rest > 0 ? "<p class=\"muted\">\(rest) more in metrics.json.</p>" : ""
    return """
      <section>
      <h2>Has the data moved?</h2>
      <p>\(HTML.escaped(driftSummary)) A feature counts as moved when its population stability index over bins \
      fixed at training passes both \(NumberText.fixed(PopulationStability.materialLevel, 1)) and what chance gives.</p>
      \(HTML.table(label: "Drift from training to test", heads: heads, rows: rows))\(more)
      </section>
      """
  }
}
