internal import Transactions

extension FeatureSpecification {
  /// The same features as if every label were known at the moment of its transaction, or `nil` when none reads labels.
  ///
  /// For leak canaries alone: what is trained so has seen what nobody could know.
  public var ignoringLabelDelay: FeatureSpecification? {
    let changed = features.map { feature in
      guard case .risk(let entity, let window, let weight, let rate) = feature.kind else {
        return feature
      }
      let undelayed = FeatureWindow(length: window.length)
      return FeatureDefinition(
        .risk(entity, undelayed, priorWeight: weight, priorRate: rate), name: feature.name)
    }
    let readsLabels = features.contains { feature in
      if case .risk = feature.kind { true } else { false }
    }
    guard readsLabels else { return nil }
    // Names stay and windows only get nearer, so what was valid still is.
    return try? FeatureSpecification(
      features: changed, memory: memory, remoteChannels: remoteChannels)
  }
}
