/// Eight numbers, each an unevaluated sum of two (double-double arithmetic after Dekker 1971), without fused operations.
struct PairLanes {
  var high: SIMD8<Double>
  var low: SIMD8<Double>

  /// The exact sums of two numbers (Knuth).
  @inline(__always)
  static func sum(_ a: SIMD8<Double>, _ b: SIMD8<Double>) -> PairLanes {
    let high = a + b
    let part = high - a
    return PairLanes(high: high, low: (a - (high - part)) + (b - part))
  }

  /// The exact products of two numbers (Dekker, with Veltkamp's split).
  @inline(__always)
  private static func product(_ a: SIMD8<Double>, _ b: SIMD8<Double>) -> PairLanes {
    let high = a * b
    let (a1, a2) = split(a)
    let (b1, b2) = split(b)
    return PairLanes(high: high, low: ((a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2)
  }

  @inline(__always)
  private static func split(_ a: SIMD8<Double>) -> (SIMD8<Double>, SIMD8<Double>) {
    let scaled = a * 134_217_729
    let high = scaled - (scaled - a)
    return (high, a - high)
  }

  @inline(__always)
  func adding(_ other: PairLanes) -> PairLanes {
    let heads = PairLanes.sum(high, other.high)
    let tails = PairLanes.sum(low, other.low)
    let first = PairLanes.sum(heads.high, heads.low + tails.high)
    return PairLanes.sum(first.high, first.low + tails.low)
  }

  @inline(__always)
  func subtracting(_ other: PairLanes) -> PairLanes {
    adding(PairLanes(high: -other.high, low: -other.low))
  }

  @inline(__always)
  func multiplied(by factor: SIMD8<Double>) -> PairLanes {
    let product = PairLanes.product(high, factor)
    return PairLanes.sum(product.high, product.low + low * factor)
  }

  @inline(__always)
  func multiplied(by other: PairLanes) -> PairLanes {
    let product = PairLanes.product(high, other.high)
    return PairLanes.sum(product.high, product.low + (high * other.low + low * other.high))
  }

  @inline(__always)
  func divided(by divisor: SIMD8<Double>) -> PairLanes {
    let quotient = high / divisor
    let product = PairLanes.product(quotient, divisor)
    let remainder = ((high - product.high) - product.low) + low
    return PairLanes.sum(quotient, remainder / divisor)
  }

  /// Where this is `dividend` ÷ `divisor` without any error; `false` also where that cannot be seen.
  @inline(__always)
  func isQuotient(of dividend: PairLanes, by divisor: SIMD8<Double>) -> SIMDMask<SIMD8<Int64>> {
    let heads = PairLanes.product(high, divisor)
    let tails = PairLanes.product(low, divisor)
    let first = PairLanes.sum(heads.high, -dividend.high)
    let second = PairLanes.sum(heads.low, -dividend.low)
    let both = PairLanes.sum(first.high, second.high)
    return (first.low .== 0) .& (second.low .== 0) .& (both.low .== 0) .& (tails.low .== 0)
      .& (both.high + tails.high .== 0)
  }
}
