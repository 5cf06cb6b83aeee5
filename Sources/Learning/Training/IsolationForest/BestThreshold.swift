/// Finds where to cut projected rows so that both sides are as uniform as can be, in memory that is kept between nodes.
struct BestThreshold {
  /// Whether the spreads of the sides are weighted by their rows (pooled gain, Cortes 2021) or count alike (averaged
  /// gain, Liu, Ting & Zhou 2010).
  let pooled: Bool
  private var sorted: [Double] = []

  init(pooled: Bool, rowCount: Int) {
    self.pooled = pooled
    sorted.reserveCapacity(rowCount)
  }

  /// The middle of the best gap between neighbours among the finite `projections`, which are not all equal, and its
  /// gain as a share of the whole spread.
  mutating func find(in projections: [Double]) -> (threshold: Double, gain: Double) {
    sorted.removeAll(keepingCapacity: true)
    var sum = 0.0
    for projection in projections where projection.isFinite {
      sorted.append(projection)
      sum += projection / Double(projections.count)
    }
    sorted.sort()
    let count = Double(sorted.count)
    let mean = sum * (Double(projections.count) / count)
    var total = (sum: 0.0, squares: 0.0)
    for value in sorted {
      total.sum += value - mean
      total.squares += (value - mean) * (value - mean)
    }
    var left = (sum: 0.0, squares: 0.0)
    var best = (spread: Double.infinity, index: -1)
    for index in 0..<sorted.count - 1 {
      let centered = sorted[index] - mean
      left.sum += centered
      left.squares += centered * centered
      guard sorted[index] < sorted[index + 1] else { continue }
      let leftCount = Double(index + 1)
      let spread =
        spread(leftCount, left.sum, left.squares)
        + spread(count - leftCount, total.sum - left.sum, total.squares - left.squares)
      if spread < best.spread { best = (spread, index) }
    }
    // Sums that overflow compare as nothing: any gap is as good as another.
    let index = best.index >= 0 ? best.index : (sorted.firstIndex { $0 > sorted[0] } ?? 1) - 1
    let whole = spread(count, total.sum, total.squares) * (pooled ? 1 : 2)
    let gain = best.index >= 0 && whole > 0 ? 1 - best.spread / whole : 0
    return (Self.inside(sorted[index], sorted[index + 1], share: 0.5), gain)
  }

  /// n σ of `count` values with the given sum and sum of squares, or σ alone.
  private func spread(_ count: Double, _ sum: Double, _ squares: Double) -> Double {
    let product = max(count * squares - sum * sum, 0).squareRoot()
    return pooled ? product : product / count
  }

  /// A number in `low ..< high`, without overflow for extremes of opposite sign.
  static func inside(_ low: Double, _ high: Double, share: Double) -> Double {
    let threshold = low * (1 - share) + high * share
    return threshold >= low && threshold < high ? threshold : low
  }
}
