/// Mean and population deviation of everything seen so far, by Welford's update.
struct RunningSpread: Equatable, Sendable {
  private var count = 0.0
  private var mean = 0.0
  private var squares = 0.0

  /// How many standard deviations `value` lies from the mean of the values before it; 0 for the first five.
  ///
  /// Infinite when the values before were all one and the same and this is another.
  func deviation(of value: Double) -> Double {
    guard count >= 5, value != mean else { return 0 }
    return (value - mean).magnitude / (squares / count).squareRoot()
  }

  /// Learns the next value.
  mutating func add(_ value: Double) {
    count += 1
    let difference = value - mean
    mean += difference / count
    squares += difference * (value - mean)
  }
}
