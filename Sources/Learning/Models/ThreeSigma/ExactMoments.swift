/// Count, extremes, mean and population standard deviation of a set of numbers, each rounded once from its exact value.
///
/// Because the sums behind them are exact, the results depend on the set of numbers alone: any order, any split over
/// batches, shards or threads, one pass or a stream, gives the same bits. Sums cannot overflow.
public struct ExactMoments: Equatable, Sendable {
  /// How many numbers were added.
  public private(set) var count = 0
  /// The smallest of them; ∞ when there is none.
  public private(set) var minimum = Double.infinity
  /// The largest of them; −∞ when there is none.
  public private(set) var maximum = -Double.infinity
  private(set) var sum = ExactSum()
  private(set) var sumOfSquares = ExactSum()

  /// The moments of nothing.
  public init() {}

  /// The moments of `values`.
  ///
  /// - Precondition: every value is finite.
  public init(_ values: some Sequence<Double>) {
    for value in values { add(value) }
  }

  /// Adds one number.
  ///
  /// - Precondition: `value` is finite.
  /// - Complexity: O(1).
  public mutating func add(_ value: Double) {
    // Adding zero turns −0 into 0, so that the extremes do not depend on which of them came first.
    let value = value + 0
    sum.add(value)
    sumOfSquares.addSquare(of: value)
    count += 1
    minimum = Swift.min(minimum, value)
    maximum = Swift.max(maximum, value)
  }

  /// Adds the numbers behind `other`.
  public mutating func merge(_ other: ExactMoments) {
    sum.add(other.sum)
    sumOfSquares.add(other.sumOfSquares)
    count += other.count
    minimum = Swift.min(minimum, other.minimum)
    maximum = Swift.max(maximum, other.maximum)
  }

  /// Whether all numbers are the same one.
  public var isConstant: Bool { minimum == maximum }

  /// The mean, correctly rounded; 0 when there is no number.
  public var mean: Double {
    guard count > 0 else { return 0 }
    if isConstant { return minimum }
    return exactMean.value
  }

  private var exactMean: (value: Double, isExact: Bool) {
    let (isNegative, magnitude, exponent) = sum.signedMagnitude
    let shift = max(0, 192 - magnitude.bitWidth)
    let (quotient, hasMore) = magnitude.shiftedLeft(by: shift).divided(by: UInt64(count))
    let value = quotient.rounded(exponent: exponent - shift, hasMore: hasMore)
    return (isNegative ? -value : value, !hasMore)
  }

  /// The population standard deviation, the square root of the correctly rounded variance; 0 only for constant numbers.
  public var standardDeviation: Double {
    guard count > 0, !isConstant else { return 0 }
    // n² · variance = n · Σx² − (Σx)², which is exact in integers.
    let first = sum.signedMagnitude
    let second = sumOfSquares.signedMagnitude
    let exponent = min(second.exponent, 2 * first.exponent)
    let squares = second.magnitude.multiplied(by: WideMagnitude(UInt64(count)))
      .shiftedLeft(by: second.exponent - exponent)
    let square = first.magnitude.multiplied(by: first.magnitude)
      .shiftedLeft(by: 2 * first.exponent - exponent)
    let spread = squares.subtracting(square)
    let shift = max(0, 256 - spread.bitWidth)
    let (once, firstRest) = spread.shiftedLeft(by: shift).divided(by: UInt64(count))
    let (twice, secondRest) = once.divided(by: UInt64(count))
    // An even power of two is taken out before rounding, so that tiny and huge variances keep all their digits.
    let width = twice.bitWidth + (exponent - shift)
    let power = (width - 1) >> 1
    let variance = twice.rounded(
      exponent: exponent - shift - 2 * power, hasMore: firstRest || secondRest)
    let deviation = WideMagnitude.scaled(variance.squareRoot(), by: power)
    return max(deviation, .leastNonzeroMagnitude)
  }
}

extension ExactMoments {
  /// Joins stored parts, whose extremes follow by `setExtremes`.
  init(count: Int, sum: ExactSum, sumOfSquares: ExactSum) {
    self.count = count
    self.sum = sum
    self.sumOfSquares = sumOfSquares
  }

  mutating func setExtremes(minimum: Double, maximum: Double) {
    self.minimum = minimum + 0
    self.maximum = maximum + 0
  }

  /// Whether some set of numbers can have these sums: the squares are enough for the sum, and the mean is in range.
  ///
  /// What is stored comes from outside, and the exact variance may not turn negative on it.
  var isPossible: Bool {
    let first = sum.signedMagnitude
    let second = sumOfSquares.signedMagnitude
    if second.isNegative { return false }
    let exponent = min(second.exponent, 2 * first.exponent)
    let squares = second.magnitude.multiplied(by: WideMagnitude(UInt64(count)))
      .shiftedLeft(by: second.exponent - exponent)
    let square = first.magnitude.multiplied(by: first.magnitude)
      .shiftedLeft(by: 2 * first.exponent - exponent)
    guard square <= squares else { return false }
    if isConstant {
      let mean = exactMean
      return square == squares && mean.isExact && mean.value == minimum
    }
    return square < squares && mean >= minimum && mean <= maximum
  }
}
