internal import Tabular

/// One series of the Numenta anomaly benchmark (NAB): which rows are anomalous, and what an alarm in each row is worth.
///
/// Lavin and Ahmad, "Evaluating real-time anomaly detection algorithms" (2015), and the benchmark's scoring notes: the
/// first 15 % of the rows, at most 750, are probation and never scored; an alarm inside a window earns more the earlier
/// it is; one outside costs more the further it lies behind the last window.
public struct NumentaSeries: Equatable, Sendable {
  /// How many rows there are.
  public let rowCount: Int
  /// The anomalous rows, in order and apart from each other.
  public let windows: [ClosedRange<Int>]
  /// How many rows at the start are not scored.
  public let probationCount: Int
  /// What an alarm in each row is worth before a profile's weights: up to 1 inside a window, down to −1 outside.
  let rowWorths: [Double]
  /// The window of each row, −1 outside all of them.
  let windowOfRow: [Int]

  /// Lays out the rows of a series.
  ///
  /// - Throws: `EvaluationError.invalidParameter` when a window leaves the rows or does not come after the one before.
  public init(rowCount: Int, windows: [ClosedRange<Int>]) throws(EvaluationError) {
    var next = 0
    for window in windows {
      guard window.lowerBound >= next, window.upperBound < rowCount else {
        throw .invalidParameter(
          name: "windows", reason: "they must lie inside the rows, in order and apart")
      }
      next = window.upperBound + 1
    }
    self.rowCount = rowCount
    self.windows = windows
    probationCount = Self.probationCount(ofRows: rowCount)
    var worths = Array(repeating: -1.0, count: rowCount)
    var owners = Array(repeating: -1, count: rowCount)
    let highest = Self.sigmoid(-1)
    for (index, window) in windows.enumerated() {
      let width = Double(window.count)
      for row in window {
        worths[row] = Self.sigmoid(-Double(window.upperBound - row + 1) / width) / highest
        owners[row] = index
      }
      let end = index + 1 < windows.count ? windows[index + 1].lowerBound : rowCount
      let length = Double(window.upperBound - window.lowerBound)
      for row in window.upperBound + 1..<max(end, window.upperBound + 1) where length > 0 {
        worths[row] = Self.sigmoid(Double(row - window.upperBound) / length)
      }
    }
    rowWorths = worths
    windowOfRow = owners
  }

  /// 15 % of the rows, at most 750.
  public static func probationCount(ofRows rowCount: Int) -> Int {
    min(rowCount * 15 / 100, 750)
  }

  /// The benchmark's scaled sigmoid of a relative position: near 1 at a window's start, 0 at its end, −1 far behind it.
  public static func sigmoid(_ position: Double) -> Double {
    position > 3 ? -1 : 2 / (1 + PortableMath.exp(5 * position)) - 1
  }
}

/// What the three kinds of outcome weigh.
public struct NumentaProfile: Equatable, Sendable {
  /// An alarm in a window, at best.
  public let truePositive: Double
  /// An alarm outside, at worst.
  public let falsePositive: Double
  /// A window without an alarm.
  public let falseNegative: Double

  /// The profile of the published leader board.
  public static let standard = NumentaProfile(
    truePositive: 1, falsePositive: 0.11, falseNegative: 1)
  /// False alarms weigh double.
  public static let lowFalsePositives = NumentaProfile(
    truePositive: 1, falsePositive: 0.22, falseNegative: 1)
  /// Missed windows weigh double.
  public static let lowFalseNegatives = NumentaProfile(
    truePositive: 1, falsePositive: 0.11, falseNegative: 2)
}

/// A detector's result on a set of series at one threshold.
public struct NumentaScore: Equatable, Sendable {
  /// 0 for a detector that never alarms, 100 for a perfect one; negative when false alarms cost more than was earned.
  public let value: Double
  /// A row alarms when its score is at least this.
  public let threshold: Double
  /// How many windows had an alarm.
  public let windowsFound: Int
  /// How many windows there are.
  public let windowCount: Int
  /// How many rows outside all windows alarmed.
  public let falseAlarmRows: Int
}
