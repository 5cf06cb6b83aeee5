internal import Tabular

/// Student's t distribution: what a mean ± k·std band from few points really promises.
///
/// Tails come from the incomplete beta function (continued fraction, modified Lentz), through portable functions, to a
/// relative error below 1e-11.
public struct StudentDistribution: Equatable, Sendable {
  /// Degrees of freedom, at least 1.
  public let degreesOfFreedom: Double
  /// Γ(a + ½) / Γ(a) for a = ν / 2.
  private let gammaRatio: Double

  /// Makes the distribution.
  ///
  /// - Precondition: `degreesOfFreedom >= 1`.
  public init(degreesOfFreedom: Double) {
    self.init(
      degreesOfFreedom: degreesOfFreedom,
      gammaRatio: StudentDistribution.gammaRatio(degreesOfFreedom / 2))
  }

  /// Makes the distribution with `gammaRatio(degreesOfFreedom / 2)`, which takes as long to find as a tail.
  init(degreesOfFreedom: Double, gammaRatio: Double) {
    precondition(degreesOfFreedom >= 1, "Student's distribution has at least one degree of freedom")
    self.degreesOfFreedom = degreesOfFreedom
    self.gammaRatio = gammaRatio
  }

  /// The probability of a value above `t`.
  public func upperTail(_ t: Double) -> Double {
    if t < 0 { return 1 - upperTail(-t) }
    guard t.isFinite else { return t.isNaN ? t : 0 }
    let a = degreesOfFreedom / 2
    let ratio = (t / degreesOfFreedom) * t
    // log of x^a (1 − x)^½ / B(a, ½) for x = ν / (ν + t²).
    let logOfX =
      ratio < 1e300
      ? -StudentDistribution.logOnePlus(ratio)
      : PortableMath.log(degreesOfFreedom) - 2 * PortableMath.log(t)
    let complement = ratio < 1e300 ? ratio / (1 + ratio) : 1
    let front =
      PortableMath.exp(a * logOfX) * complement.squareRoot()
      * gammaRatio / 1.7724538509055161
    if 1 - complement < (a + 1) / (a + 2.5) {
      return 0.5 * front / a
        * StudentDistribution.betaFraction(a, 0.5, 1 / (1 + ratio))
    }
    return 0.5 - front * StudentDistribution.betaFraction(0.5, a, complement)
  }

  /// The value that is exceeded with probability `tail`.
  ///
  /// - Precondition: `tail` is in 1e-300 ... 0.5.
  public func upperQuantile(_ tail: Double) -> Double {
    precondition(tail >= 1e-300 && tail <= 0.5, "a tail probability lies in 1e-300 ... 0.5")
    if tail == 0.5 { return 0 }
    var low = 0.0
    var high = 2.0
    while upperTail(high) > tail {
      low = high
      high *= high < 1e150 ? max(2, high / 4) : 2
    }
    // Bisection on the bit patterns halves the number of candidates whatever the scale.
    var lowBits = low.bitPattern
    var highBits = high.bitPattern
    while highBits - lowBits > 1 {
      let middle = lowBits + (highBits - lowBits) / 2
      if upperTail(Double(bitPattern: middle)) > tail {
        lowBits = middle
      } else {
        highBits = middle
      }
    }
    return Double(bitPattern: highBits)
  }

  /// Γ(a + ½) / Γ(a), by its asymptotic series above 20 and the recurrence below.
  static func gammaRatio(_ a: Double) -> Double {
    var a = a
    var factor = 1.0
    while a < 20 {
      factor *= a / (a + 0.5)
      a += 1
    }
    let u = 1 / a
    // exp(−u/8 + u³/192 − u⁵/640 + 17u⁷/14336) · √a
    let square = u * u
    let series =
      u * (-0.125 + square * (1.0 / 192 + square * (-1.0 / 640 + square * (17.0 / 14_336))))
    return factor * a.squareRoot() * PortableMath.exp(series)
  }

  static func logOnePlus(_ x: Double) -> Double {
    let sum = 1 + x
    if sum == 1 { return x }
    return PortableMath.log(sum) * (x / (sum - 1))
  }

  /// The continued fraction of the incomplete beta function at `x`.
  private static func betaFraction(_ a: Double, _ b: Double, _ x: Double) -> Double {
    let tiny = 1e-300
    func away(_ value: Double) -> Double { value.magnitude < tiny ? tiny : value }
    var c = 1.0
    var d = 1 / away(1 - (a + b) * x / (a + 1))
    var result = d
    var m = 1.0
    while m < 20_000 {
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / away(1 + even * d)
      c = away(1 + even / c)
      result *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / away(1 + odd * d)
      c = away(1 + odd / c)
      let change = d * c
      result *= change
      if (change - 1).magnitude < 3e-16 { break }
      m += 1
    }
    return result
  }
}

/// The standard normal distribution.
public enum NormalDistribution {
  /// The probability of a value above `z`: a series near zero, a continued fraction in the tail.
  public static func upperTail(_ z: Double) -> Double {
    if z < 0 { return 1 - upperTail(-z) }
    if z.isNaN { return z }
    if z > 38 { return 0 }
    let density = PortableMath.exp(-z * z / 2) * 0.3989422804014327
    if z < 3 {
      // Φ(z) − ½ = φ(z) · (z + z³/3 + z⁵/15 + …)
      var term = z
      var sum = z
      var order = 1.0
      while term > sum * 1e-17 {
        order += 2
        term *= z * z / order
        sum += term
      }
      return 0.5 - density * sum
    }
    var fraction = 0.0
    var order = 120.0
    while order >= 1 {
      fraction = order / (z + fraction)
      order -= 1
    }
    return density / (z + fraction)
  }
}
