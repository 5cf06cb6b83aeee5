internal import Tabular

/// The population stability index with what it would be if nothing had moved.
///
/// The familiar limits of 0.1 and 0.2 mean little on few rows: deciles of 100 rows pass 0.1 in about half of the runs in
/// which nothing moved. An alarm therefore needs both: more than chance gives, and enough to matter.
public struct PopulationStability: Equatable, Sendable {
  /// Sum over the bins of (p − q) log (p / q), half a row added to each bin.
  public let index: Double
  /// What the index exceeds with probability `alarmRate` although nothing moved.
  public let chanceLevel: Double
  /// How often chance alone exceeds `chanceLevel`.
  public let alarmRate: Double

  /// Least index that is worth an alarm, however many rows prove it.
  public static let materialLevel = 0.1

  /// Whether the values have moved: more than chance and enough to matter.
  public var isAlarm: Bool { index > chanceLevel && index >= PopulationStability.materialLevel }

  /// Compares current counts with the counts of training.
  ///
  /// With fewer than 500 current rows the chance level is simulated, else it is the limit, a chi-squared quantile.
  ///
  /// - Throws: `EvaluationError` for counts of other bins, no current row, or a rate outside 0.0001 ... 0.5.
  public init(
    training: [Int], current: [Int], alarmRate: Double = 0.01, seed: UInt64 = 0
  ) throws(EvaluationError) {
    guard training.count == current.count, training.count > 1 else {
      throw .rowCountMismatch(
        column: "drift bin", expected: training.count, actual: current.count)
    }
    guard (0.0001...0.5).contains(alarmRate) else {
      throw .invalidParameter(name: "alarm rate", reason: "it must lie in 0.0001 ... 0.5")
    }
    let currentCount = current.reduce(0, +)
    let trainingCount = training.reduce(0, +)
    guard currentCount > 0, trainingCount > 0 else {
      throw .noRows(reason: "a period without rows cannot have moved")
    }
    self.alarmRate = alarmRate
    index = PopulationStability.index(training, current)
    // A bin that is empty in training says nothing about chance.
    let freedom = training.count { $0 > 0 } - 1
    if freedom < 1 {
      chanceLevel = 0
    } else if currentCount < 500 {
      chanceLevel = PopulationStability.simulatedLevel(
        training, currentCount: currentCount, alarmRate: alarmRate, seed: seed)
    } else {
      chanceLevel =
        Distribution.chiSquaredQuantile(1 - alarmRate, freedom: freedom)
        * (1 / Double(currentCount) + 1 / Double(trainingCount))
    }
  }

  /// The index of two rows of counts.
  static func index(_ training: [Int], _ current: [Int]) -> Double {
    let used = training.indices.filter { training[$0] > 0 || current[$0] > 0 }
    let smoothing = 0.5
    let totals = [training, current].map { counts in
      used.reduce(0) { $0 + Double(counts[$1]) + smoothing }
    }
    return used.reduce(0) { sum, bin in
      let p = (Double(training[bin]) + smoothing) / totals[0]
      let q = (Double(current[bin]) + smoothing) / totals[1]
      return sum + (q - p) * PortableMath.log(q / p)
    }
  }

  private static func simulatedLevel(
    _ training: [Int], currentCount: Int, alarmRate: Double, seed: UInt64
  ) -> Double {
    var cumulative: [Double] = []
    var sum = 0.0
    let total = Double(training.reduce(0, +))
    for count in training {
      sum += Double(count) / total
      cumulative.append(sum)
    }
    var generator = SeededGenerator(seed: seed, stream: 0x5053_49)
    // The training sample varies too, which matters as long as it is not much larger than the current one.
    func draw(_ count: Int) -> [Int] {
      var counts = [Int](repeating: 0, count: training.count)
      for _ in 0..<count {
        let value = generator.uniform()
        counts[cumulative.firstIndex { value < $0 } ?? training.count - 1] += 1
      }
      return counts
    }
    let trainingCount = training.reduce(0, +)
    let fixed = trainingCount > 10 * currentCount ? training : nil
    let simulationCount = min(max(200, Int(20 / alarmRate)), 2_000)
    let values = (0..<simulationCount).map { _ in
      index(fixed ?? draw(trainingCount), draw(currentCount))
    }.sorted()
    return Quantile.ofSorted(values, 1 - alarmRate)
  }
}

/// Quantiles of the distributions that limits are read from.
enum Distribution {
  /// The quantile of the standard normal distribution (Acklam's rational approximation, relative error below 1.2e-9).
  static func normalQuantile(_ probability: Double) -> Double {
    precondition(
      probability > 0 && probability < 1, "a quantile needs a probability inside 0 ... 1")
    let tail = min(probability, 1 - probability)
    if tail < 0.02425 {
      let q = (-2 * PortableMath.log(tail)).squareRoot()
      let numerator =
        ((((-7.784894002430293e-3 * q - 0.3223964580411365) * q - 2.400758277161838) * q
          - 2.549732539343734) * q + 4.374664141464968) * q + 2.938163982698783
      let denominator =
        (((7.784695709041462e-3 * q + 0.3224671290700398) * q + 2.445134137142996) * q
          + 3.754408661907416) * q + 1
      let value = numerator / denominator
      return probability < 0.5 ? value : -value
    }
    let q = probability - 0.5
    let r = q * q
    let numerator =
      (((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r
        + 138.3577518672690) * r - 30.66479806614716) * r + 2.506628277459239) * q
    let denominator =
      ((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r
        + 66.80131188771972) * r - 13.28068155288572) * r + 1
    return numerator / denominator
  }

  /// The quantile of the chi-squared distribution (Wilson & Hilferty 1931; within 2 % from 3 degrees of freedom on).
  static func chiSquaredQuantile(_ probability: Double, freedom: Int) -> Double {
    let k = Double(freedom)
    if freedom == 1 {
      let z = normalQuantile((1 + probability) / 2)
      return z * z
    }
    if freedom == 2 { return -2 * PortableMath.log(1 - probability) }
    let root = 1 - 2 / (9 * k) + normalQuantile(probability) * (2 / (9 * k)).squareRoot()
    return k * root * root * root
  }

  /// The probability that Kolmogorov's statistic of two samples of effective size `size` exceeds `distance` by chance
  /// (Stephens' correction of the limit).
  static func kolmogorovTail(distance: Double, size: Double) -> Double {
    let root = size.squareRoot()
    let x = (root + 0.12 + 0.11 / root) * distance
    guard x > 0.2 else { return 1 }
    var sum = 0.0
    var sign = 1.0
    for term in 1...100 {
      let part = PortableMath.exp(-2 * Double(term * term) * x * x)
      sum += sign * part
      sign = -sign
      if part < 1e-17 { break }
    }
    return min(1, max(0, 2 * sum))
  }
}
