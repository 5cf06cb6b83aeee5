internal import Memory

/// Rounds the sums of eight series at once to their means and variances.
///
/// One series at a time would wait for each of some hundred dependent operations; eight wait together.
struct SummaryLanes {
  private typealias Lanes = SIMD8<Double>

  /// What is kept of each series.
  private enum Field: Int {
    case count, minimum, maximum, depth, centre, granularity, scale
    case first, high, low, firstRest, secondRest
  }
  /// Eight numbers for each field, one a series; the count is 0 of a series without sums.
  private var fields = InlineArray<96, Double>(repeating: 0)
  /// How many series wait.
  private(set) var count = 0

  /// Whether no further series fits before `removeAll`.
  var isFull: Bool { count == Lanes.scalarCount }

  /// Takes the sums of one more series; `nil` comes back as `nil`.
  ///
  /// - Precondition: there is room.
  @inline(__always)
  mutating func append(_ series: QuickSums?) {
    precondition(!isFull, "eight series fit")
    if let series {
      set(.count, Double(series.count))
      set(.minimum, series.frame.minimum)
      set(.maximum, series.frame.maximum)
      set(.depth, Double(series.depth))
      set(.centre, series.frame.centre)
      set(.granularity, series.frame.granularity)
      set(.scale, series.frame.scale)
      set(.first, series.first)
      set(.high, series.second.high)
      set(.low, series.second.low)
      set(.firstRest, series.firstRest)
      set(.secondRest, series.secondRest)
    } else {
      set(.count, 0)
    }
    count += 1
  }

  @inline(__always)
  private mutating func set(_ field: Field, _ value: Double) {
    fields[field.rawValue * Lanes.scalarCount + count] = value
  }

  @inline(__always)
  private func lanes(_ field: Field) -> Lanes {
    fields.span.lanes(at: field.rawValue * Lanes.scalarCount)
  }

  /// Empties the lanes and gives a summary a series, in order; `nil` where the bounds do not decide how to round, which is
  /// rare for ordinary series.
  mutating func removeAll() -> InlineArray<8, SeriesSummary?> {
    let (counts, minimum, maximum) = (lanes(.count), lanes(.minimum), lanes(.maximum))
    let n = counts.replacing(with: 1, where: counts .== 0)
    let depth = lanes(.depth)
    let (centre, granularity, scale) = (lanes(.centre), lanes(.granularity), lanes(.scale))
    let (first, high, low) = (lanes(.first), lanes(.high), lanes(.low))
    let (firstRest, secondRest) = (lanes(.firstRest), lanes(.secondRest))
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
    for lane in 0..<count where isDecided[lane] && counts[lane] > 0 {
      summaries[lane] = SeriesSummary(
        count: Int(counts[lane]), minimum: minimum[lane], maximum: maximum[lane],
        mean: mean[lane], standardDeviation: deviation[lane])
    }
    count = 0
    return summaries
  }

  @inline(__always)
  private static func magnitude(_ lanes: Lanes) -> Lanes {
    lanes.replacing(with: -lanes, where: lanes .< .zero)
  }
}
