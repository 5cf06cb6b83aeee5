internal import Evaluation
internal import HTTP

extension ServingApplication {
  /// Adds what there is to say about the models that answer.
  func writeModels(to page: inout MetricsPage) {
    let followers = models.all
    func each(
      _ name: String, _ kind: MetricsPage.Kind, _ help: String,
      _ value: (ModelFollower) -> String?
    ) {
      page.begin(name, kind, help)
      for follower in followers {
        guard let value = value(follower) else { continue }
        page.add(name, [("model", follower.name), ("alias", follower.alias)], value)
      }
    }
    each("anomalyze_model_version", .gauge, "The version that answers.") {
      $0.current.map { "\($0.version)" }
    }
    each("anomalyze_model_loaded_timestamp_seconds", .gauge, "When it was loaded.") {
      $0.current.map { "\($0.loadedAt)" }
    }
    each("anomalyze_model_loads_total", .counter, "Versions that were swapped in.") {
      "\($0.status.loadCount)"
    }
    each("anomalyze_model_load_failures_total", .counter, "Attempts to load that failed.") {
      "\($0.status.failureCount)"
    }
    each("anomalyze_model_rows_total", .counter, "Rows judged since the version was loaded.") {
      $0.current.map { "\($0.observations.rowCount)" }
    }
    writeScores(of: followers, to: &page)
    writeDrift(of: followers, to: &page)
    writeTrials(of: followers, to: &page)
  }

  private func writeScores(of followers: [ModelFollower], to page: inout MetricsPage) {
    let name = "anomalyze_model_scores"
    page.begin(name, .gauge, "Rows of the last windows by the training quantiles of the score.")
    for follower in followers {
      guard let served = follower.current else { continue }
      for (limit, count) in served.observations.scoreHistogram() {
        page.add(
          name,
          [
            ("model", follower.name), ("alias", follower.alias),
            ("up_to", limit.isFinite ? "\(limit)" : "+Inf"),
          ], "\(count)")
      }
    }
  }

  private func writeDrift(of followers: [ModelFollower], to page: inout MetricsPage) {
    let drifts = followers.flatMap { follower in
      (follower.current?.observations.drift() ?? []).map { feature, stability in
        (
          [
            ("model", follower.name), ("alias", follower.alias),
            ("feature", feature ?? "anomaly_score"),
          ], stability
        )
      }
    }
    page.begin(
      "anomalyze_drift_psi_ratio", .gauge,
      "Population stability index of the last windows against the training rows.")
    for (labels, stability) in drifts {
      page.add("anomalyze_drift_psi_ratio", labels, "\(stability.index)")
    }
    page.begin(
      "anomalyze_drift_psi_chance_ratio", .gauge,
      "What the index exceeds in one of a hundred windows although nothing moved.")
    for (labels, stability) in drifts {
      page.add("anomalyze_drift_psi_chance_ratio", labels, "\(stability.chanceLevel)")
    }
  }

  private func writeTrials(of followers: [ModelFollower], to page: inout MetricsPage) {
    let trials = Set(followers.map(\.name)).sorted().flatMap { models.trials(of: $0) }
    func each(_ name: String, _ help: String, _ value: (ModelTrial.Comparison) -> Int) {
      page.begin(name, .counter, help)
      for trial in trials {
        page.add(
          name, [("model", trial.challenger.name), ("challenger", trial.challenger.alias)],
          "\(value(trial.counts))")
      }
    }
    each("anomalyze_trial_compared_total", "Rows that both models judged.") { $0.comparedCount }
    each("anomalyze_trial_disagreements_total", "Rows that only one of both flagged.") {
      $0.championOnlyCount + $0.challengerOnlyCount
    }
    each("anomalyze_trial_answered_total", "Requests that the challenger answered.") {
      $0.answeredCount
    }
  }
}
