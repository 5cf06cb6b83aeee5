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
      facts.append(
        ("Label delay", "\(split.delay) after each period; nothing in it trains or judges"))
      if let validation = split.validation {
        facts.append(
          (
            "Validation",
            EvaluationReport.text(validation) + count(evaluation.validation?.rowCount)
          ))
      }
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
      "Rows are split by time, never at random: training, a delay in which labels arrive, validation, the delay "
        + "again, then the test, which chooses nothing.",
      "Average precision and AUROC treat equal scores as scikit-learn does. AUROC looks good even when the "
        + "top of the list is poor, because fraud is rare; decide by average precision and the budget figures.",
      "Budget figures read the \(budget) highest scores of each UTC day; equal scores in order of time.",
      "Card precision counts entities instead of payments: the \(budget) entities with the highest score of "
        + "the day, a catch when one of their payments that day is fraud.",
      "Alert and F figures count payments; the precision–recall curve and its area follow scikit-learn.",
      "Intervals come from redrawing \(evaluation.settings.resamplingUnit == .day ? "days" : "entities") "
        + "with all their payments, not single payments, which are not independent.",
      "A figure that these rows do not define is marked n/a, and metrics.json gives the reason.",
    ]
  }

  var lineageSection: ReportSection {
    ReportSection(
      anchor: "lineage", title: "Data and lineage",
      lead: "What was learned from, what was judged on, and where both came from.",
      blocks: [.facts(facts)])
  }

  var reproduceSection: ReportSection? {
    guard !lineage.commands.isEmpty else { return nil }
    return ReportSection(
      anchor: "reproduce", title: "How to reproduce",
      lead: "The same snapshot, split and seed give the same figures, to the last digit.",
      blocks: [.commands(lineage.commands)])
  }

  var notesSection: ReportSection {
    ReportSection(
      anchor: "notes", title: "How to read this",
      lead: "What the figures count, and what they leave out.", blocks: [.list(notes)])
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
