/// One feature's other value that would make a row normal.
public struct FeatureChange: Equatable, Sendable {
  /// The index of the feature.
  public let feature: Int
  /// The value it has.
  public let value: Double
  /// The nearest value past the forest's cut points that makes the row normal.
  public let normalValue: Double
  /// The score of the row with that value.
  public let score: Double
  /// How many cut points lie between the two: a distance that units do not change.
  public let crossedCutCount: Int
}

extension IsolationForest {
  /// The smallest change of a single feature that brings the score of `row` to the threshold or below it.
  ///
  /// The score is constant between the points where some split changes its mind, so trying each of them is exact. Small
  /// means few such points crossed (another category of a categorical feature counts as one); among equals the change with the lowest score wins. `nil` when the row is no anomaly
  /// or no single feature can make it normal. Missing values are left missing.
  ///
  /// - Throws: As `score(of:)`.
  /// - Complexity: O(cut points × trees × depth).
  public func smallestChange(of row: [Double]) throws(ModelError) -> FeatureChange? {
    guard isAnomaly(score: try score(of: row)) else { return nil }
    let cuts = cuts(around: row)
    var distance = 1
    while true {
      var isExhausted = true
      var best: FeatureChange?
      for (feature, sorted) in cuts.enumerated() {
        // The first cut that is not below the value: up to and including it the row goes left.
        let here = sorted.firstIndex { $0 >= row[feature] } ?? sorted.count
        let candidates =
          trees.categories.first { $0.feature == feature }.map { category in
            distance == 1 ? category.codes.filter { $0 != row[feature] } : []
          } ?? Self.candidates(sorted, here: here, distance: distance)
        for candidate in candidates where !row[feature].isNaN {
          isExhausted = false
          var changed = row
          changed[feature] = candidate
          let score = try score(of: changed)
          guard !isAnomaly(score: score), score < best?.score ?? .infinity else { continue }
          best = FeatureChange(
            feature: feature, value: row[feature], normalValue: candidate, score: score,
            crossedCutCount: distance)
        }
      }
      if best != nil || isExhausted { return best }
      distance += 1
    }
  }

  /// The nearest finite values `distance` cuts above and below.
  private static func candidates(_ sorted: [Double], here: Int, distance: Int) -> [Double] {
    var values: [Double] = []
    if here + distance <= sorted.count {
      let above = sorted[here + distance - 1].nextUp
      if above.isFinite { values.append(above) }
    }
    if here - distance >= 0 { values.append(sorted[here - distance]) }
    return values
  }

  /// For each feature the values at which a split turns when the other features stay as they are, ascending.
  private func cuts(around row: [Double]) -> [[Double]] {
    var cuts = [[Double]](repeating: [], count: row.count)
    let cells = expansion?.expanded(row.span) ?? row
    let values = cells.span
    let categorical = Set(trees.categories.map(\.feature))
    for split in trees.thresholds.indices {
      let terms = split * trees.termCount..<(split + 1) * trees.termCount
      for term in terms {
        let feature = Int(trees.features[term])
        guard !row[feature].isNaN, !categorical.contains(feature) else { continue }
        guard trees.termCount > 1 else {
          cuts[feature].append(trees.thresholds[split])
          if structure.penalizesRange {
            cuts[feature].append(trees.ranges[2 * split].nextDown)
            cuts[feature].append(trees.ranges[2 * split + 1])
          }
          continue
        }
        let weight = trees.weights[term]
        let rest = structure.projection(of: values, split: split) - weight * row[feature]
        let ends = structure.penalizesRange ? trees.ranges[2 * split...2 * split + 1] : []
        for end in [trees.thresholds[split]] + ends {
          let cut = (end - rest) / weight
          if cut.isFinite { cuts[feature].append(cut) }
        }
      }
    }
    return cuts.map { found in
      let sorted = found.sorted()
      return sorted.indices.filter { $0 == 0 || sorted[$0 - 1] < sorted[$0] }.map { sorted[$0] }
    }
  }
}
