/// Rounds the sums of eight series at once to their means and variances.
///
/// One series at a time would wait for each of some hundred dependent operations; eight wait together.
struct SummaryLanes {
  private typealias Lanes = SIMD8<Double>
  private var sums: [QuickSums?] = []

  /// How many series wait.
  var count: Int { sums.count }
  /// Whether no further series fits before `removeAll`.
  var isFull: Bool { count == Lanes.scalarCount }

  init() { sums.reserveCapacity(Lanes.scalarCount) }

  /// Takes the sums of one more series; `nil` comes back as `nil`.
  ///
  /// - Precondition: there is room.
  mutating func append(_ series: QuickSums?) {
    precondition(!isFull, "eight series fit")
    sums.append(series)
  }

  /// Empties the lanes and gives a summary a series, in order; `nil` where the bounds do not decide how to round, about one
  /// ordinary series in three hundred.
  mutating func removeAll() -> InlineArray<8, SeriesSummary?> {
    var n = Lanes(repeating: 1)
    var depth = n
    var (centre, granularity, scale, first, high, low, firstRest, secondRest) =
      (n, n, n, n, n, n, n, n)
    for (lane, series) in sums.enumerated() {
      guard let series else { continue }
      n[lane] = Double(series.count)
      depth[lane] = Double(series.depth)
      centre[lane] = series.frame.centre
      granularity[lane] = series.frame.granularity
      scale[lane] = series.frame.scale
      first[lane] = series.first
      high[lane] = series.second.high
      low[lane] = series.second.low
      firstRest[lane] = series.firstRest
      secondRest[lane] = series.secondRest
    }
    // A rest is at most scale · 2⁻²³, a term of the second rest scale² · 2⁻²² before it is rounded three times. A sum errs
    // by 2⁻⁵³ of the sum of magnitudes for each addition that a term goes through. Bounds are doubled.
    // Rests that are multiples of a granularity and stay below 2⁵³ of it have an exact sum.
    let firstError = (scale * n * (depth + 4) * 0x1p-75)
      .replacing(with: 0, where: scale * n * 0x1p-23 .< granularity * 0x1p53)
    let secondError = scale * scale * n * (depth + 4) * 0x1p-74
    let sum = PairLanes.sum(first, firstRest)
    let squares = PairLanes(high: high, low: low)
      .adding(PairLanes(high: secondRest, low: .zero))
    let offset = sum.divided(by: n)
    let shifted = PairLanes.sum(centre, offset.high)
    let tail = PairLanes.sum(shifted.low, offset.low)
    let meanLow = tail.high
    let meanError =
      firstError / n + (SummaryLanes.magnitude(offset.high) + SummaryLanes.magnitude(centre))
      * 0x1p-100
    let mean = shifted.high + meanLow
    var isDecided =
      (shifted.high + (meanLow - meanError) .== mean)
      .& (shifted.high + (meanLow + meanError) .== mean)
    // A mean halfway between two numbers, such as one of 2ⁿ points, is rounded once if nothing was lost before.
    isDecided .|= (firstError .== 0) .& (tail.low .== 0) .& offset.isQuotient(of: sum, by: n)
    // n² · variance = n · Σd² − (Σd)².
    let spread = squares.multiplied(by: n).subtracting(sum.multiplied(by: sum))
    let spreadError =
      n * secondError + 4 * SummaryLanes.magnitude(sum.high) * firstError
      + n * SummaryLanes.magnitude(squares.high) * 0x1p-98
    // n² is exact: n is below 2²⁰.
    let variance = spread.divided(by: n * n)
    let varianceError = spreadError / (n * n) + SummaryLanes.magnitude(variance.high) * 0x1p-98
    let value = variance.high + variance.low
    isDecided .&= (value .> 0x1p-900) .& (variance.high + (variance.low - varianceError) .== value)
      .& (variance.high + (variance.low + varianceError) .== value)
    let deviation = value.squareRoot()
    var summaries = InlineArray<8, SeriesSummary?>(repeating: nil)
    for (lane, series) in sums.enumerated() {
      guard let series, isDecided[lane] else { continue }
      summaries[lane] = SeriesSummary(
        count: series.count, minimum: series.frame.minimum, maximum: series.frame.maximum,
        mean: mean[lane], standardDeviation: deviation[lane])
    }
    sums.removeAll(keepingCapacity: true)
    return summaries
  }

  @inline(__always)
  private static func magnitude(_ lanes: Lanes) -> Lanes {
    lanes.replacing(with: -lanes, where: lanes .< .zero)
  }
}
