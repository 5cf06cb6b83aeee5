/// Leaves points of a curve out that nobody would see.
enum CurveThinning {
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
