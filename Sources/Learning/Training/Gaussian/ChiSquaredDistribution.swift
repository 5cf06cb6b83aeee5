internal import Tabular

/// The χ² distribution: how squared Mahalanobis distances of normal rows are spread.
struct ChiSquaredDistribution {
  /// How many squared normal numbers are added; at least 1.
  let degrees: Int

  /// The probability of a value up to `x`, by the series of the incomplete gamma function.
  func probability(upTo x: Double) -> Double {
    guard x > 0 else { return 0 }
    let (a, y) = (Double(degrees) / 2, x / 2)
    var term = PortableMath.exp(a * PortableMath.log(y) - y - logFactorial)
    var sum = term
    var k = 1.0
    while term > sum * 1e-17 && k < 100_000 {
      term *= y / (a + k)
      sum += term
      k += 1
    }
    return min(sum, 1)
  }

  /// The value that is not exceeded with `probability`, in 0 ..< 1.
  func quantile(_ probability: Double) -> Double {
    let width = Double(degrees)
    var low = 0.0
    var high = width + 12 * (2 * width).squareRoot() + 30
    for _ in 0..<200 where high - low > 1e-15 * high {
      let middle = (low + high) / 2
      if self.probability(upTo: middle) < probability { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// What a covariance of the most central `share` of normal rows is multiplied with to be the covariance of all
  /// (Croux & Haesbroeck 1999); 1 for all of them.
  func consistencyFactor(share: Double) -> Double {
    guard share < 1 else { return 1 }
    let bound = quantile(share)
    return share / ChiSquaredDistribution(degrees: degrees + 2).probability(upTo: bound)
  }

  /// log Γ(degrees / 2 + 1).
  private var logFactorial: Double {
    var sum = degrees % 2 == 0 ? 0 : PortableMath.log(3.141592653589793) / 2
    var factor = Double(degrees) / 2
    while factor > 0 {
      sum += PortableMath.log(factor)
      factor -= 1
    }
    return sum
  }
}
