internal import JSON
internal import Transactions

/// The last run as OpenMetrics text, for a node exporter's textfile collector.
struct RunMetrics {
  private let record: RunRecord

  init(_ record: RunRecord) { self.record = record }

  var text: String {
    var lines: [String] = []
    func metric(_ name: String, _ help: String, _ samples: [(labels: String, value: Double)]) {
      guard !samples.isEmpty else { return }
      lines.append("# HELP anomalyze_\(name) \(help)")
      lines.append("# TYPE anomalyze_\(name) gauge")
      for sample in samples {
        lines.append("anomalyze_\(name)\(sample.labels) \(sample.value)")
      }
    }
    let ended = record.endedAt ?? record.startedAt
    metric(
      "retrain_last_end_timestamp_seconds", "When the last run ended.",
      [("", Double(ended.microseconds) / 1e6)])
    metric(
      "retrain_last_status", "1 for the status of the last run.",
      [RunRecord.Status.promoted, .unchanged, .refused, .failed].map {
        ("{status=\"\($0.rawValue)\"}", $0 == record.status ? 1 : 0)
      })
    metric(
      "retrain_stage_seconds", "How long each stage of the last run took.",
      record.stages.map { (Self.labels(of: $0), $0.seconds) })
    metric(
      "retrain_stage_rows", "Rows of each stage of the last run.",
      record.stages.compactMap { stage in
        stage.rowCount.map { (Self.labels(of: stage), Double($0)) }
      })
    metric(
      "retrain_peak_memory_bytes", "The most memory of the last run.",
      record.stages.last.map { [("", Double($0.peakMemoryByteCount))] } ?? [])
    for (name, help) in [
      ("average_precision", "Average precision of the best version of the last run."),
      ("area_under_roc", "AUROC of the best version of the last run."),
    ] {
      metric(
        "model_\(name)", help,
        record.models.compactMap { model in
          guard let label = model["model"]?.stringValue,
            let value = model["headline"]?[name]?["value"]?.doubleValue
          else { return nil }
          return ("{model=\"\(label)\"}", value)
        })
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func labels(of stage: RunRecord.Stage) -> String {
    let model = stage.model.map { ",model=\"\($0)\"" } ?? ""
    return "{stage=\"\(stage.stage.rawValue)\"\(model)}"
  }
}
