public import JSON
internal import Transactions

extension EvaluationReport {
  /// The document `metrics.json`.
  ///
  /// - `headline`: per metric `{"value", "lower", "upper"}` of the primary detector; an undefined figure has the value
  ///   `null` and a `reason`.
  /// - `comparison`: present when a champion was judged too; per metric `{"difference": {"value", "lower", "upper"},
  ///   "share_better"}`, the primary detector minus the champion.
  /// - `validation`: what rows before the test chose; `average_precision` is the figure by which a run chooses.
  /// - `detectors`, `differences`, `scenarios`, `worst_misses`, `days`, `score_histogram`, `slices`, `time_to_alert`,
  ///   `rank_changes`, `drift`, `feature_importance`, `unlabelled`,
  ///   `leak_canary`: what the page shows.
  public var metrics: JSONValue {
    var document: JSONObject = [
      "schema": .string(EvaluationReport.schema), "title": .string(title),
      "detector": .string(evaluation.primary.name),
      "verdict": [
        "status": .string(verdict.status.rawValue), "sentence": .string(verdict.sentence),
        "grounds": .string(verdict.grounds),
      ],
      "headline": .object(headline(of: evaluation.primary)),
    ]
    if let champion = evaluation.comparisons.first(where: {
      evaluation.detectors[$0.otherIndex].role == .champion
    }) {
      document["comparison"] = .object(differences(of: champion))
    }
    document["rows"] = .object(rowSummary)
    document["settings"] = .object(evaluation.settings.json)
    document["detectors"] = .array(
      evaluation.detectors.map { detector in
        [
          "name": .string(detector.name), "role": .string(detector.role.rawValue),
          "headline": .object(headline(of: detector)),
        ]
      })
    document["differences"] = .array(
      evaluation.comparisons.map { comparison in
        let costs = comparison.migration.costs(
          evaluation.settings.costs, frauds: evaluation.rows.positiveCount)
        return [
          "against": .string(comparison.otherName), "metrics": .object(differences(of: comparison)),
          "alerts": [
            "shared": .object(comparison.migration.shared.json),
            "only_detector": .object(comparison.migration.onlyPrimary.json),
            "only_other": .object(comparison.migration.onlyOther.json),
          ],
          "cost": ["detector": .number(costs.own), "other": .number(costs.other)],
        ]
      })
    document["scenarios"] = .array(
      evaluation.scenarios.map { scenario in
        [
          "name": scenario.name.map { .string($0) } ?? nil,
          "frauds": .integer(Int64(scenario.count)), "amount": .number(scenario.amount),
          "recall": .object(
            JSONObject(
              zip(evaluation.detectors, scenario.recalls).map { detector, recall in
                (key: detector.name, value: recall.value.map { .number($0) } ?? nil)
              })),
        ]
      })
    document["worst_misses"] = .array(
      evaluation.worstMisses.map { miss in
        [
          "row": .string(miss.key), "scenario": miss.scenario.map { .string($0) } ?? nil,
          "score": .number(miss.score), "rank_share": .number(miss.rankShare),
        ]
      })
    document["days"] = .array(
      evaluation.days.map { day in
        [
          "day": .string(day.start.dateText), "rows": .integer(Int64(day.rowCount)),
          "frauds": .integer(Int64(day.fraudCount)), "alerts": .integer(Int64(day.alertCount)),
          "caught": .integer(Int64(day.caughtCount)), "fraud_amount": .number(day.fraudAmount),
          "caught_amount": .number(day.caughtAmount),
        ]
      })
    let histogram = evaluation.primary.histogram
    document["score_histogram"] = [
      "edges": .array(histogram.edges.map { .number($0) }),
      "genuine": .array(histogram.genuine.map { .integer(Int64($0)) }),
      "fraud": .array(histogram.anomalies.map { .integer(Int64($0)) }),
    ]
    document["validation"] = evaluation.validation.map {
      .object($0.json(of: evaluation.primary.name, settings: evaluation.settings))
    }
    document["slices"] = .array(evaluation.slices.map { .object($0.json) })
    document["time_to_alert"] = .object(evaluation.response.json)
    document["rank_changes"] = evaluation.rankMigration.map { .object($0.json) }
    document["drift"] = drift.map { .object($0.json) }
    document["feature_importance"] =
      importance.isEmpty ? nil : .array(importance.map { .object($0.json) })
    document["unlabelled"] = unlabelled.map { .object($0.json) }
    document["leak_canary"] = canary?.json
    document["backtest"] = backtest.map { .object($0.json) }
    document["lineage"] = .object(lineage.json)
    return .object(document)
  }

  private var rowSummary: JSONObject {
    let rows = evaluation.rows
    return [
      "count": .integer(Int64(rows.count)), "frauds": .integer(Int64(rows.positiveCount)),
      "unlabelled": .integer(Int64(rows.unlabelledCount)),
      "entities": .integer(Int64(rows.entityCount)), "days": .integer(Int64(rows.dayCount)),
      "first_time": .string(rows.firstTime.description),
      "last_time": .string(rows.lastTime.description), "fraud_amount": .number(rows.fraudAmount),
    ]
  }

  private func headline(of detector: DetectorEvaluation) -> JSONObject {
    JSONObject(
      HeadlineMetric.allCases.map { metric in
        (key: metric.rawValue, value: .object(detector.headline[metric]?.json ?? [:]))
      })
  }

  private func differences(of comparison: PairedComparison) -> JSONObject {
    JSONObject(
      HeadlineMetric.allCases.compactMap { metric in
        guard let difference = comparison.differences[metric] else { return nil }
        let value: JSONValue = [
          "difference": .object(difference.estimate.json),
          "share_better": difference.shareBetter.map { .number($0) } ?? nil,
        ]
        return (key: metric.rawValue, value: value)
      })
  }
}

extension AlertMigration.Group {
  /// `{"alerts", "frauds", "fraud_rows"}`.
  var json: JSONObject {
    [
      "alerts": .integer(Int64(count)), "frauds": .integer(Int64(fraudCount)),
      "fraud_rows": .array(fraudKeys.map { .string($0) }),
    ]
  }
}

extension Estimate {
  /// `{"value", "lower", "upper"}`, without bounds when there is no interval.
  var json: JSONObject {
    var object = value.json
    if let interval {
      object["lower"] = .number(interval.lowerBound)
      object["upper"] = .number(interval.upperBound)
    }
    return object
  }
}
