internal import JSON
internal import Transactions

extension EvaluationReport {
  /// Facts about the data and its origin, as pairs for the page and the text.
  var facts: [(name: String, value: String)] {
    let rows = evaluation.rows
    var facts: [(name: String, value: String)] = []
    if let split = lineage.split {
      facts.append(
        ("Training", EvaluationReport.text(split.training) + count(lineage.trainingRowCount)))
      facts.append(("Label delay", "\(split.delay); nothing in it trains or judges"))
      facts.append(("Test", EvaluationReport.text(split.test) + count(rows.count)))
    }
    if let excluded = lineage.excludedRowCount {
      facts.append(
        (
          "Left out",
          "\(NumberText.grouped(excluded)) test rows of entities whose fraud was known by then"
        ))
    }
    facts.append(
      (
        "Frauds",
        "\(NumberText.grouped(rows.positiveCount)) "
          + "(\(NumberText.fixed(Double(rows.positiveCount) / Double(rows.count) * 100, 2)) %), "
          + "amount \(NumberText.fixed(rows.fraudAmount, 0))"
      ))
    if rows.unlabelledCount > 0 {
      facts.append(
        (
          "Not labelled",
          "\(NumberText.grouped(rows.unlabelledCount)) rows that nobody has reported on; "
            + "they count as genuine"
        ))
    }
    facts.append(("Entities", NumberText.grouped(rows.entityCount)))
    if !lineage.features.isEmpty {
      facts.append(
        ("Features", "\(lineage.features.count): " + lineage.features.joined(separator: ", ")))
    }
    for (detector, values) in lineage.parameters {
      facts.append((detector, JSONValue.object(values).text()))
    }
    let settings = evaluation.settings
    facts.append(
      (
        "Intervals",
        "\(NumberText.fixed(settings.confidence * 100, 0)) %, \(settings.replicateCount) "
          + "bootstrap replicates of \(NumberText.grouped(rows.unitCount)) "
          + "\(settings.resamplingUnit == .day ? "days" : "entities"), seed \(settings.seed)"
      ))
    if let source = lineage.source { facts.append(("Source", source)) }
    if let digest = lineage.snapshotDigest { facts.append(("Snapshot", digest)) }
    if let version = lineage.codeVersion { facts.append(("Code", version)) }
    if let moment = lineage.evaluatedAt { facts.append(("Evaluated", moment.description)) }
    return facts
  }

  /// How the figures are meant, for a reader who has to answer for them.
  var notes: [String] {
    let budget = evaluation.settings.alertsPerDay
    return [
      "Rows are split by time, never at random: training, then a delay in which labels arrive, then the test.",
      "Average precision and AUROC treat equal scores as scikit-learn does. AUROC looks good even when the "
        + "top of the list is poor, because fraud is rare; decide by average precision and the budget figures.",
      "Budget figures read the \(budget) highest scores of each UTC day; equal scores in order of time.",
      "Card precision counts entities instead of payments: the \(budget) entities with the highest score of "
        + "the day, a catch when one of their payments that day is fraud.",
      "Intervals come from redrawing \(evaluation.settings.resamplingUnit == .day ? "days" : "entities") "
        + "with all their payments, not single payments, which are not independent.",
      "A figure that these rows do not define is marked n/a, and metrics.json gives the reason.",
    ]
  }

  var lineageSection: String {
    let list = facts.map { fact in
      "<dt>\(HTML.escaped(fact.name))</dt><dd>\(HTML.escaped(fact.value))</dd>"
    }
    let commands =
      lineage.commands.isEmpty
      ? ""
      : """
      <h2>How to reproduce</h2>
      <p>The same snapshot, split and seed give the same figures, to the last digit.</p>
      <pre tabindex="0"><code>\(lineage.commands.map(HTML.escaped).joined(separator: "\n"))</code></pre>
      """
    return """
      <section>
      <h2>Data and lineage</h2>
      <p>What was learned from, what was judged on, and where both came from.</p>
      <dl>
      \(list.joined(separator: "\n"))
      </dl>
      \(commands)
      </section>
      """
  }

  var notesSection: String {
    """
    <section>
    <h2>How to read this</h2>
    <p>What the figures count, and what they leave out.</p>
    <ul class="notes">
    \(notes.map { "<li>\(HTML.escaped($0))</li>" }.joined(separator: "\n"))
    </ul>
    </section>
    """
  }

  var footer: String {
    "Made by Anomalyze · figures with all digits in metrics.json (\(EvaluationReport.schema))"
  }

  private static func text(_ range: Range<Timestamp>) -> String {
    "\(range.lowerBound) up to \(range.upperBound)"
  }

  private func count(_ rows: Int?) -> String {
    rows.map { " · \(NumberText.grouped($0)) rows" } ?? ""
  }
}
