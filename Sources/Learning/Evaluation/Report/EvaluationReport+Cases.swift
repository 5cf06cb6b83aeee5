extension EvaluationReport {
  /// Which alerts come, stay and go against each other detector.
  var migrationSection: String {
    let name = HTML.escaped(evaluation.primary.name)
    let heads = [
      "Against", "Shared alerts", "of them fraud", "Only this detector", "of them fraud",
      "Only the other", "of them fraud",
    ].map { "<th scope=\"col\">\($0)</th>" }
    let rows = evaluation.comparisons.map { comparison in
      let migration = comparison.migration
      let cells = [migration.shared, migration.onlyPrimary, migration.onlyOther].map { group in
        "<td>\(count(group.count))</td><td>\(count(group.fraudCount))</td>"
      }
      return """
        <tr><th scope="row">\(HTML.escaped(comparison.otherName))</th>\(cells.joined())</tr>
        """
    }
    var lists = ""
    if let reference = evaluation.reference {
      lists =
        keyList(
          "Frauds that only \(evaluation.primary.name) catches", reference.migration.onlyPrimary)
        + keyList("Frauds that only \(reference.otherName) catches", reference.migration.onlyOther)
    }
    return """
      <section>
      <h2>Which alerts change</h2>
      <p>What the people who read the alerts would see with \(name) instead of each other detector.</p>
      \(HTML.table(label: "Alerts shared and not shared", heads: heads, rows: rows))
      \(lists)
      </section>
      """
  }

  private func keyList(_ title: String, _ group: AlertMigration.Group) -> String {
    guard !group.fraudKeys.isEmpty else { return "" }
    let rest = group.fraudCount - group.fraudKeys.count
    return """
      <details><summary>\(HTML.escaped(title)) (\(NumberText.grouped(group.fraudCount)))</summary>
      <p>\(group.fraudKeys.map { "<code>\(HTML.escaped($0))</code>" }.joined(separator: ", "))\
      \(rest > 0 ? " and \(NumberText.grouped(rest)) more" : "")</p></details>

      """
  }

  /// The frauds that rank lowest, by key alone.
  var missSection: String {
    guard !evaluation.worstMisses.isEmpty else { return "" }
    let heads = ["Row", "Scenario", "Anomaly score", "Rows that score as high"].map {
      "<th scope=\"col\">\($0)</th>"
    }
    let rows = evaluation.worstMisses.map { miss in
      """
      <tr><th scope="row"><code>\(HTML.escaped(miss.key))</code></th>\
      <td>\(HTML.escaped(miss.scenario ?? "not named"))</td>\
      <td><data value="\(miss.score)">\(NumberText.fixed(miss.score, 3))</data></td>\
      <td><data value="\(miss.rankShare)">\(NumberText.percent(miss.rankShare))</data></td></tr>
      """
    }
    return """
      <section>
      <h2>Worst misses</h2>
      <p>The frauds with the lowest scores: where a new feature or rule would help most.</p>
      <details><summary>The \(rows.count) frauds that rank lowest</summary>
      \(HTML.table(label: "Frauds with the lowest scores", heads: heads, rows: rows))
      </details>
      </section>
      """
  }
}
