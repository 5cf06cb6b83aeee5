/// Elementary functions whose bits do not depend on the C library or the processor.
///
/// Only IEEE 754 additions, multiplications, divisions and square roots are used, in a fixed order and without fused
/// operations, so generated data, models and scores are the same everywhere. The error is at most 2 units in
/// the last place over the documented ranges.
public enum PortableMath {
  private static let ln2High = 6.93147180369123816490e-01
  private static let ln2Low = 1.90821492927058770002e-10

  /// The natural logarithm; −∞ at 0, NaN below 0, and NaN or ∞ as they come.
  public static func log(_ x: Double) -> Double {
    guard x > 0 else { return x == 0 ? -.infinity : .nan }
    guard x.isFinite else { return x }
    var exponent = Double(x.exponent)
    var mantissa = x.significand
    if mantissa > 1.4142135623730951 {
      mantissa *= 0.5
      exponent += 1
    }
    // log m = 2 artanh(s) with s = (m − 1) / (m + 1); |s| < 0.172, so twelve terms reach the last bit.
    let s = (mantissa - 1) / (mantissa + 1)
    let square = s * s
    var series = 0.0
    var order = 23.0
    while order >= 3 {
      series = (series + 1 / order) * square
      order -= 2
    }
    return exponent * ln2High + (2 * s + (2 * s * series + exponent * ln2Low))
  }

  /// e to the power `x`; ∞ past the range of `Double`.
  public static func exp(_ x: Double) -> Double {
    guard x < 710 else { return x.isNaN ? x : .infinity }
    guard x > -746 else { return x.isNaN ? x : 0 }
    let power = (x * 1.4426950408889634).rounded()
    return scaledExponential((x - power * ln2High) - power * ln2Low, power: power)
  }

  /// 2 to the power `x`; exact for whole `x`.
  public static func exp2(_ x: Double) -> Double {
    guard x < 1025 else { return x.isNaN ? x : .infinity }
    guard x > -1076 else { return x.isNaN ? x : 0 }
    let power = x.rounded()
    let fraction = x - power
    return scaledExponential(fraction * ln2High + fraction * ln2Low, power: power)
  }

  private static func scaledExponential(_ remainder: Double, power: Double) -> Double {
    var series = 1.0
    var order = 14.0
    while order >= 1 {
      series = 1 + series * remainder / order
      order -= 1
    }
    // Two steps, so that a result below the normal range is rounded once instead of flushed.
    let half = (power / 2).rounded(.down)
    return series * Double(sign: .plus, exponent: Int(half), significand: 1)
      * Double(sign: .plus, exponent: Int(power - half), significand: 1)
  }

  /// The sine of an angle in radians, for |x| ≤ 10⁵.
  public static func sin(_ x: Double) -> Double { sine(x, quarterTurns: 0) }

  /// The cosine of an angle in radians, for |x| ≤ 10⁵.
  public static func cos(_ x: Double) -> Double { sine(x, quarterTurns: 1) }

  private static func sine(_ x: Double, quarterTurns: Int) -> Double {
    let quarter = (x * 0.6366197723675814).rounded()
    let remainder = (x - quarter * 1.57079632673412561417) - quarter * 6.07710050650619224932e-11
    let square = remainder * remainder
    let isCosine: Bool
    let isNegative: Bool
    switch (Int(quarter) + quarterTurns) & 3 {
    case 0: (isCosine, isNegative) = (false, false)
    case 1: (isCosine, isNegative) = (true, false)
    case 2: (isCosine, isNegative) = (false, true)
    default: (isCosine, isNegative) = (true, true)
    }
    var series = 1.0
    var order = isCosine ? 18.0 : 19.0
    while order >= 2 {
      series = 1 - series * square / (order * (order - 1))
      order -= 2
    }
    let magnitude = isCosine ? series : series * remainder
    return isNegative ? -magnitude : magnitude
  }

  /// The arc sine in radians of a number in −1 ... 1; NaN outside.
  public static func asin(_ x: Double) -> Double {
    guard x >= -1 && x <= 1 else { return .nan }
    if x < 0 { return -asin(-x) }
    return 2 * atan(x / (1 + (1 - x * x).squareRoot()))
  }

  /// The arc tangent in radians.
  public static func atan(_ x: Double) -> Double {
    if x.isNaN { return x }
    if x < 0 { return -atan(-x) }
    if x > 1 { return 1.5707963267948966 - atan(1 / x) }
    // Halving the angle three times brings it below 0.0983, where ten terms are exact.
    var reduced = x
    for _ in 0..<3 { reduced = reduced / (1 + (1 + reduced * reduced).squareRoot()) }
    let square = reduced * reduced
    var series = 0.0
    var order = 19.0
    while order >= 3 {
      series = (1 / order - series) * square
      order -= 2
    }
    return 8 * (reduced - reduced * series)
  }
}
