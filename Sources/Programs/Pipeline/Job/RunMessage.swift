internal import JSON
internal import Transactions

/// What people are told about a run: a subject, the five figures of each model and where to read on.
struct RunMessage {
  private let record: RunRecord
  private let reportsURL: String?

  init(_ record: RunRecord, reportsURL: String?) {
    self.record = record
    self.reportsURL = reportsURL
  }

  /// One line.
  var subject: String {
    let names = record.models.compactMap { $0["model"]?.stringValue }.joined(separator: ", ")
    let what =
      switch record.status {
      case .running: "running"
      case .promoted: "new champion"
      case .unchanged: "nothing new"
      case .refused: "refused by a gate, champion unchanged"
      case .failed: "FAILED, champion unchanged"
      }
    return "anomalyze: \(names.isEmpty ? "retraining" : names): \(what)"
  }

  /// The message.
  var text: String {
    var lines = ["Run \(record.id) by \(record.actor): \(record.status.rawValue)."]
    if let failure = record.failure { lines += ["", failure] }
    for model in record.models {
      lines += [
        "",
        model["sentence"]?.stringValue.map { "\(model["model"]?.stringValue ?? ""): \($0)" } ?? "",
      ]
      for (name, figure) in model["headline"]?.objectValue?.members.prefix(5) ?? [] {
        lines.append("  \(name): \(Self.text(of: figure))")
      }
      let report = model["comparison_report"]?.stringValue ?? model["report"]?.stringValue
      if let report { lines.append("  report: \(link(to: report))") }
    }
    lines += ["", "Stages:"]
    for stage in record.stages {
      lines.append(
        "  \(stage.isSuccess ? "ok    " : "FAILED") \(stage.stage.rawValue) "
          + "\((stage.seconds * 10).rounded() / 10) s  \(stage.summary)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The document that webhooks and commands get.
  var document: JSONValue {
    ["subject": .string(subject), "text": .string(text), "run": record.json]
  }

  private func link(to path: String) -> String {
    guard let reportsURL else { return path }
    return reportsURL + (reportsURL.hasSuffix("/") || path.hasPrefix("/") ? "" : "/") + path
  }

  private static func text(of figure: JSONValue) -> String {
    guard let value = figure["value"]?.doubleValue else { return "not defined" }
    guard let lower = figure["lower"]?.doubleValue, let upper = figure["upper"]?.doubleValue else {
      return fixed(value)
    }
    return "\(fixed(value)) (\(fixed(lower)) to \(fixed(upper)))"
  }
}
