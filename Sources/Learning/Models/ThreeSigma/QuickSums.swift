/// Sums of a series that are good enough to round mean and variance correctly, nearly always.
///
/// Every difference d from a centre is split into t, a multiple of a grid of 22 bits below the largest |d|, and a rest r.
/// Σt and Σt² are exact, because 22, or 44, bits and the bits of the count fit in a `Double`; Σr and Σ(d² − t²) =
/// Σ r·(d + t) are a millionth of that and may be rounded. Errors are bounded, and a result that could round either way
/// is not given.
enum QuickSums {
  /// A chunk has few enough points that the sums of its squares are exact.
  private static let chunk = 256

  /// The summary, or `nil` where the bound does not decide: extreme magnitudes, infinities, NaN, about one series in a
  /// hundred of ordinary ones.
  static func summary(of values: Span<Double>, _ range: Range<Int>) -> SeriesSummary? {
    guard range.count < 1 << 20 else { return nil }
    let (minimum, maximum) = extremes(of: values, range)
    guard minimum.isFinite, maximum.isFinite else { return nil }
    let largest = max(minimum.magnitude, maximum.magnitude)
    guard largest < 0x1p400, largest > 0x1p-400 else { return nil }
    let centre: Double
    if minimum > 0 && maximum <= 2 * minimum {
      // Within a factor of two, differences are exact (Sterbenz).
      centre = minimum
    } else if maximum < 0 && minimum >= 2 * maximum {
      centre = maximum
    } else {
      centre = 0
    }
    let reach = max((maximum - centre).magnitude, (minimum - centre).magnitude)
    guard reach > 0x1p-400 else { return nil }
    // Adding and subtracting 1.5 · 2⁵² grid units rounds to the grid.
    let scale = Double(sign: .plus, exponent: Int(reach.exponent) + 1, significand: 1)
    let rounder = scale * 0x1.8p30
    var sums = Sums()
    var start = range.lowerBound
    while start < range.upperBound {
      let end = min(start + chunk, range.upperBound)
      sums.add(values, start..<end, centre: centre, rounder: rounder)
      start = end
    }
    return sums.rounded(
      count: range.count, centre: centre, scale: scale, minimum: minimum, maximum: maximum)
  }

  private static func extremes(
    of values: Span<Double>, _ range: Range<Int>
  ) -> (minimum: Double, maximum: Double) {
    var low = SIMD8<Double>(repeating: .infinity)
    var high = -low
    var index = range.lowerBound
    while index + 8 <= range.upperBound {
      let lanes = values.lanes(at: index)
      low.replace(with: lanes, where: lanes .< low)
      high.replace(with: lanes, where: lanes .> high)
      index += 8
    }
    var (minimum, maximum) = (Double.infinity, -Double.infinity)
    for lane in 0..<8 {
      minimum = min(minimum, low[lane])
      maximum = max(maximum, high[lane])
    }
    while index < range.upperBound {
      minimum = min(minimum, values[index])
      maximum = max(maximum, values[index])
      index += 1
    }
    // Adding zero turns −0 into 0.
    return (minimum + 0, maximum + 0)
  }

  private struct Sums {
    /// Σt and Σt² as unevaluated sums of two numbers.
    var first = Pair(high: 0, low: 0)
    var second = Pair(high: 0, low: 0)
    /// Σr and Σ r·(d + t).
    var firstRest = 0.0
    var secondRest = 0.0

    mutating func add(
      _ values: Span<Double>, _ range: Range<Int>, centre: Double, rounder: Double
    ) {
      var t1 = SIMD8<Double>.zero
      var t2 = SIMD8<Double>.zero
      var r1 = SIMD8<Double>.zero
      var r2 = SIMD8<Double>.zero
      let centres = SIMD8<Double>(repeating: centre)
      let rounders = SIMD8<Double>(repeating: rounder)
      var index = range.lowerBound
      while index + 8 <= range.upperBound {
        let d = values.lanes(at: index) - centres
        let t = (d + rounders) - rounders
        let r = d - t
        t1 += t
        t2 += t * t
        r1 += r
        r2 += r * (d + t)
        index += 8
      }
      var (a, b, c, e) = (t1.sum(), t2.sum(), r1.sum(), r2.sum())
      while index < range.upperBound {
        let d = values[index] - centre
        let t = (d + rounder) - rounder
        let r = d - t
        a += t
        b += t * t
        c += r
        e += r * (d + t)
        index += 1
      }
      first = first.adding(Pair(high: a, low: 0))
      second = second.adding(Pair(high: b, low: 0))
      firstRest += c
      secondRest += e
    }

    func rounded(
      count: Int, centre: Double, scale: Double, minimum: Double, maximum: Double
    ) -> SeriesSummary? {
      let n = Double(count)
      // A rest is at most scale · 2⁻²³, a term of the second rest scale² · 2⁻²² before it is rounded three times. A sum errs
      // by 2⁻⁵³ of the sum of magnitudes for each level of additions: 32 in a lane, 16 for lanes and leftovers, one a
      // chunk. Bounds are doubled.
      let depth = 52 + n / 256
      let firstError = scale * n * depth * 0x1p-75
      let secondError = scale * scale * n * depth * 0x1p-74
      let sum = first.adding(.sum(firstRest, 0))
      let squares = second.adding(.sum(secondRest, 0))
      let offset = sum.divided(by: n)
      let shifted = Pair.sum(centre, offset.high)
      let meanLow = shifted.low + offset.low
      let meanError = firstError / n + (offset.high.magnitude + centre.magnitude) * 0x1p-100
      let mean = shifted.high + meanLow
      guard shifted.high + (meanLow - meanError) == mean,
        shifted.high + (meanLow + meanError) == mean
      else { return nil }
      // n² · variance = n · Σd² − (Σd)².
      let spread = squares.multiplied(by: n).subtracting(sum.multiplied(by: sum))
      let spreadError =
        n * secondError + 4 * sum.high.magnitude * firstError
        + n * squares.high.magnitude * 0x1p-98
      // n² is exact: n is below 2²⁰.
      let variance = spread.divided(by: n * n)
      let varianceError = spreadError / (n * n) + variance.high.magnitude * 0x1p-98
      let value = variance.high + variance.low
      guard value > 0x1p-900, variance.high + (variance.low - varianceError) == value,
        variance.high + (variance.low + varianceError) == value
      else { return nil }
      return SeriesSummary(
        count: count, minimum: minimum, maximum: maximum, mean: mean,
        standardDeviation: value.squareRoot())
    }
  }
}

/// A number as an unevaluated sum of two (double-double arithmetic after Dekker 1971), without fused operations.
private struct Pair {
  var high: Double
  var low: Double

  /// The exact sum of two numbers (Knuth).
  @inline(__always)
  static func sum(_ a: Double, _ b: Double) -> Pair {
    let high = a + b
    let part = high - a
    return Pair(high: high, low: (a - (high - part)) + (b - part))
  }

  /// The exact product of two numbers (Dekker, with Veltkamp's split).
  @inline(__always)
  static func product(_ a: Double, _ b: Double) -> Pair {
    let high = a * b
    let (a1, a2) = split(a)
    let (b1, b2) = split(b)
    return Pair(high: high, low: ((a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2)
  }

  @inline(__always)
  private static func split(_ a: Double) -> (Double, Double) {
    let scaled = a * 134_217_729
    let high = scaled - (scaled - a)
    return (high, a - high)
  }

  @inline(__always)
  func adding(_ other: Pair) -> Pair {
    let heads = Pair.sum(high, other.high)
    let tails = Pair.sum(low, other.low)
    let first = Pair.sum(heads.high, heads.low + tails.high)
    return Pair.sum(first.high, first.low + tails.low)
  }

  @inline(__always)
  func subtracting(_ other: Pair) -> Pair { adding(Pair(high: -other.high, low: -other.low)) }

  @inline(__always)
  func multiplied(by factor: Double) -> Pair {
    let product = Pair.product(high, factor)
    return Pair.sum(product.high, product.low + low * factor)
  }

  @inline(__always)
  func multiplied(by other: Pair) -> Pair {
    let product = Pair.product(high, other.high)
    return Pair.sum(product.high, product.low + (high * other.low + low * other.high))
  }

  @inline(__always)
  func divided(by divisor: Double) -> Pair {
    let quotient = high / divisor
    let product = Pair.product(quotient, divisor)
    let remainder = ((high - product.high) - product.low) + low
    return Pair.sum(quotient, remainder / divisor)
  }
}

extension Span<Double> {
  /// Eight values from `index` on.
  @inline(__always)
  fileprivate func lanes(at index: Int) -> SIMD8<Double> {
    precondition(index >= 0 && index + 8 <= count, "eight values are there")
    return SIMD8(
      self[index], self[index + 1], self[index + 2], self[index + 3], self[index + 4],
      self[index + 5], self[index + 6], self[index + 7])
  }
}
