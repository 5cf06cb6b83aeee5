internal import JSON

extension Validation {
  func json(of primary: String, settings: EvaluationSettings) -> JSONObject {
    var object: JSONObject = [
      "rows": .integer(Int64(rowCount)), "frauds": .integer(Int64(positiveCount)),
      "days": .integer(Int64(dayCount)),
    ]
    object["average_precision"] = results.first { $0.name == primary }.map {
      .object($0.averagePrecision.json)
    }
    object["detectors"] = .array(
      results.map { result in
        [
          "name": .string(result.name),
          "average_precision": .object(result.averagePrecision.json),
          "area_under_roc": .object(result.areaUnderROC.json),
          "recall_at_budget": .object(result.alerts.recall.json),
          "card_precision_at_budget": .object(result.alerts.cardPrecision.json),
        ]
      })
    object["thresholds"] = .array(thresholds.map { .object($0.json) })
    object["calibration"] = calibration.map { calibration in
      [
        "expected_error": .object(calibration.expectedError.json),
        "brier_score": .object(calibration.brierScore.json),
        "groups": .array(
          calibration.groups.map { group in
            [
              "predicted": .number(group.predicted), "observed": .number(group.observed),
              "rows": .integer(Int64(group.count)),
            ]
          }),
      ]
    }
    object["flagged_by_day"] = .array(flaggedByDay.map { .integer(Int64($0)) })
    return object
  }
}

extension ThresholdOutcome {
  var json: JSONObject {
    var object: JSONObject = [
      "rule": .string(rule.key), "title": .string(rule.title),
      "threshold": .object(choice.threshold.json),
      "validation": [
        "flagged_share": .number(choice.flaggedShare), "precision": .object(choice.precision.json),
        "recall": .object(choice.recall.json),
      ],
    ]
    object["test"] = test.map { test in
      [
        "flagged_share": .number(test.flaggedShare), "alerts_per_day": .number(test.alertsPerDay),
        "precision": .object(test.precision.json), "recall": .object(test.recall.json),
        "f_score": .object(test.fScore.json), "money_recall": .object(test.moneyRecall.json),
        "cost": .number(test.cost),
      ]
    }
    return object
  }
}

extension SliceResult {
  var json: JSONObject {
    [
      "dimension": .string(dimension), "value": .string(name), "rows": .integer(Int64(rowCount)),
      "frauds": .integer(Int64(fraudCount)), "alerts": .integer(Int64(alertCount)),
      "recall": .object(recall.json), "precision": .object(precision.json),
      "average_precision": .object(averagePrecision.json),
    ]
  }
}

extension CompromiseResponse {
  var json: JSONObject {
    [
      "compromised": .integer(Int64(compromisedCount)), "noticed": .integer(Int64(noticedCount)),
      "median_hours": .object(medianHours.json),
      "ninth_decile_hours": .object(ninthDecileHours.json),
      "frauds_before": .object(fraudsBefore.json),
      "money_share_before": .object(moneyShareBefore.json),
    ]
  }
}

extension RankMigration {
  var json: JSONObject {
    func matrix(_ counts: [[Int]]) -> JSONValue {
      .array(counts.map { row in .array(row.map { .integer(Int64($0)) }) })
    }
    return [
      "rank_correlation": .object(rankCorrelation.json),
      "bands": .array(RankMigration.bandNames.map { .string($0) }), "rows": matrix(rowCounts),
      "frauds": matrix(fraudCounts),
      "farthest": .array(
        changes.map { change in
          [
            "row": .string(change.key), "is_fraud": .bool(change.isFraud),
            "rank_share": .number(change.ownRank),
            "champion_rank_share": .number(change.otherRank),
          ]
        }),
    ]
  }
}

extension FeatureImportance {
  var json: JSONObject {
    [
      "feature": .string(name), "average_precision_lost": .object(precisionLoss.json),
      "share_in_highest_scores": .object(alertShare.json),
    ]
  }
}

extension UnlabelledFigures {
  var json: JSONObject {
    var object: JSONObject = ["contamination_implied": .object(contaminationImplied.json)]
    object["contamination_expected"] = contaminationExpected.map { .number($0) }
    object["stability"] = stability.map { stability in
      [
        "seeds": .integer(Int64(stability.seedCount)),
        "rank_correlation": .object(stability.rankCorrelation.json),
        "shared_alerts": .object(stability.sharedAlerts.json),
      ]
    }
    object["excess_mass"] = massVolume.map { .object($0.excessMass.json) }
    object["mass_volume"] = massVolume.map { .object($0.massVolume.json) }
    return object
  }
}

extension DriftReport {
  var json: JSONObject {
    var object: JSONObject = [
      "alarm_rate": .number(alarmRate), "recent_days": .integer(Int64(recentDayCount)),
      "features": .array(features.map { .object($0.json) }),
      "recent": .array(recent.map { .object($0.json) }),
    ]
    object["score"] = score.map { .object($0.json) }
    object["recent_score"] = recentScore.map { .object($0.json) }
    object["volume"] = [
      "training_per_day": .number(volume.trainingPerDay),
      "current_per_day": .number(volume.currentPerDay),
      "relative_change": .number(volume.relativeChange),
      "standard_errors": .object(volume.standardErrors.json), "is_alarm": .bool(volume.isAlarm),
    ]
    object["categories"] = .array(
      categories.map { change in
        [
          "category": .string(change.category.rawValue),
          "known_values": .integer(Int64(change.knownCount)),
          "new_values": .integer(Int64(change.newCount)),
          "new_row_share": .number(change.newRowShare),
          "examples": .array(change.examples.map { .string($0) }),
          "is_alarm": .bool(change.isAlarm),
        ]
      })
    return object
  }
}
