/// The memory in which medians are found, kept from series to series.
struct RobustScratch {
  private var selection = OrderSelection()
  private var points: [Double] = []
  private var distances: [Double] = []

  /// Location and spread of one series.
  ///
  /// - Precondition: `values` is not empty, and all are finite.
  mutating func level(of values: Span<Double>) -> RobustLevel {
    let count = values.count
    if points.count != count {
      points = [Double](repeating: 0, count: count)
      distances = points
    }
    // Apart from `self`, so that points are read while numbers are selected.
    var selection = OrderSelection()
    swap(&selection, &self.selection)
    defer { swap(&selection, &self.selection) }
    // Magnitudes have the order of their bits, whose maximum eight lanes find together.
    var largestBits: UInt64 = 0
    var target = points.mutableSpan
    for index in values.indices {
      // Adding zero turns −0 into 0, so that equal values have equal bits.
      target[index] = values[index] + 0
      largestBits = max(largestBits, values[index].magnitude.bitPattern)
    }
    let noise = 4 * Double(bitPattern: largestBits).ulp
    let middle = RobustScratch.middle(of: points.span, &selection)
    target = distances.mutableSpan
    for index in values.indices {
      target[index] = RobustScratch.distance(values[index], middle.value)
    }
    let median = RobustScratch.middle(of: distances.span, &selection).value
    var scale = median * 1.4826022185056018
    if !hasStep(upTo: scale, from: middle.lower, noise: noise) {
      AscendingOrder.sort(&points)
      scale = max(scale, step(noise: noise))
    }
    if median == 0 { scale = max(scale, ExactMoments(distances).mean * 1.2533141373155003) }
    return RobustLevel(centre: middle.value, scale: min(scale, .greatestFiniteMagnitude))
  }

  /// The median, and the number that is it or the one below it.
  private static func middle(
    of numbers: Span<Double>, _ selection: inout OrderSelection
  ) -> (value: Double, lower: Double) {
    let rank = (numbers.count - 1) / 2
    let (lower, upper) = selection.neighbours(at: rank, of: numbers)
    guard numbers.count.isMultiple(of: 2) else { return (lower, lower) }
    return (RobustLevel.between(lower, upper), lower)
  }

  /// Whether the step of the points surely is not above `limit`: some two of them are not further apart, but further than
  /// all gaps between them could be if each were noise.
  private func hasStep(upTo limit: Double, from point: Double, noise: Double) -> Bool {
    let points = points.span
    let leastReach = 2 * noise * Double(points.count)
    for index in points.indices {
      let distance = (points[index] - point).magnitude
      if distance <= limit && distance > leastReach { return true }
    }
    return false
  }

  /// The smallest gap between sorted points that is not rounding noise; 0 when there is none.
  private func step(noise: Double) -> Double {
    let points = points.span
    var smallest = Double.infinity
    for index in 1..<max(points.count, 1) {
      let gap = RobustScratch.distance(points[index], points[index - 1])
      if gap > noise && gap < smallest { smallest = gap }
    }
    return smallest.isFinite ? smallest : 0
  }

  private static func distance(_ a: Double, _ b: Double) -> Double {
    min((a - b).magnitude, .greatestFiniteMagnitude)
  }
}
