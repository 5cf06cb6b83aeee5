import JSON
import Transactions

@testable import Pipeline

extension RunRecord {
  /// The record in `folder` of a run that made a champion, unless it ended otherwise.
  static func finished(_ status: Status = .promoted, in folder: String) throws -> RunRecord {
    var journal = try RunJournal(
      in: folder,
      context: RunContext(
        actor: "tester", moment: Timestamp(seconds: 1_771_126_200), threadCount: 1,
        codeVersion: "1"), asOf: nil, isDryRun: false,
      limits: JobConfiguration.Limits(time: nil, freeByteCount: 0), tell: { _ in })
    try journal.stage(.train, of: "fraud") {
      ((), RunJournal.Figures(rowCount: 1, summary: "trained"))
    }
    let model: JSONValue = [
      "model": "fraud", "sentence": "version 2 replaces champion 1",
      "headline": ["average_precision": ["value": 0.25, "lower": 0.2, "upper": 0.3]],
      "report": "artifacts/models/fraud/2/report.html",
    ]
    try journal.finish(status, models: [model], failure: nil)
    return journal.record
  }
}
