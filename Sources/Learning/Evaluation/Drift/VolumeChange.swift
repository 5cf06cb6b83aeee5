/// How many rows a day come now and came in training.
public struct VolumeChange: Equatable, Sendable {
  /// Mean rows a day in training.
  public let trainingPerDay: Double
  /// Mean rows a day now.
  public let currentPerDay: Double
  /// The change as a share of the rows a day in training.
  public let relativeChange: Double
  /// How far the means lie apart in standard errors of their difference, from the spread of the days (Welch 1947).
  public let standardErrors: MetricValue

  /// Least change that is worth an alarm, however many days prove it.
  public static let materialChange = 0.2

  /// Whether the volume has changed: by enough to matter, and by more than days differ anyhow.
  public var isAlarm: Bool {
    guard relativeChange.magnitude >= VolumeChange.materialChange else { return false }
    return standardErrors.value.map { $0.magnitude > 3 } ?? false
  }

  init(training: [Int64], current: [Int64]) {
    let (before, now) = (VolumeChange.perDay(training), VolumeChange.perDay(current))
    func mean(_ counts: [Double]) -> Double {
      counts.reduce(0, +) / Double(max(counts.count, 1))
    }
    func squaredError(_ counts: [Double]) -> Double {
      let center = mean(counts)
      let sum = counts.reduce(0) { $0 + ($1 - center) * ($1 - center) }
      return sum / Double(counts.count - 1) / Double(counts.count)
    }
    trainingPerDay = mean(before)
    currentPerDay = mean(now)
    relativeChange = trainingPerDay > 0 ? currentPerDay / trainingPerDay - 1 : 0
    standardErrors =
      before.count > 1 && now.count > 1
      ? .ratio(
        currentPerDay - trainingPerDay, (squaredError(before) + squaredError(now)).squareRoot(),
        otherwise: "every day has the same number of rows")
      : .undefined("a period of one day says nothing about how days differ")
  }

  /// Rows of every day from the first to the last; days without a row count as 0.
  private static func perDay(_ times: [Int64]) -> [Double] {
    let days = DayIndex(times: times)
    guard let first = days.starts.first, let last = days.starts.last else { return [] }
    let dayCount = Int((last - first) / DayIndex.microsecondsPerDay) + 1
    var counts = [Double](repeating: 0, count: dayCount)
    for day in days.dayOfRow {
      counts[Int((days.starts[Int(day)] - first) / DayIndex.microsecondsPerDay)] += 1
    }
    return counts
  }
}
