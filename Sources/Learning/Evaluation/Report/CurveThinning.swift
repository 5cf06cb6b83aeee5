internal import Tabular

/// Leaves points of a curve out that nobody would see.
enum CurveThinning {
  /// A curve over a logarithmic axis of five decades up to 1, with neighbours at least `distance` apart as drawn.
  static func thinLogarithmic(
    _ points: [(share: Double, recall: Double)], distance: Double = 0.004
  ) -> [(x: Double, y: Double)] {
    let drawn = points.lazy.filter { $0.share > 0 }.map { point in
      (1 + PortableMath.log(point.share) / PortableMath.log(100_000), point.recall)
    }
    return thin(Array(drawn), distance: distance).map { point in
      (PortableMath.exp((point.x - 1) * PortableMath.log(100_000)), point.y)
    }
  }

  /// The curve within the unit square with neighbours at least `distance` apart, except its first and last point.
  static func thin(
    _ points: [(Double, Double)], distance: Double = 0.004
  ) -> [(x: Double, y: Double)] {
    var kept: [(x: Double, y: Double)] = []
    for (index, point) in points.enumerated() {
      if let last = kept.last, index + 1 < points.count,
        abs(point.0 - last.x) + abs(point.1 - last.y) < distance
      {
        continue
      }
      kept.append((point.0, point.1))
    }
    return kept
  }
}
