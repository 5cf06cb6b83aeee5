/// What one entity store keeps, decided once from the features that read it.
struct StoreLayout: Equatable, Sendable {
  /// One column, or two for pairs.
  let columns: [FeatureColumn]
  /// Distances into the past at which running totals are kept, ascending, in microseconds.
  var lags: [Int64] = []
  var keepsSums = false
  var keepsSquares = false
  var keepsLogMoments = false
  /// Columns of which the log keeps the texts, for distinct counts.
  var valueColumns: [FeatureColumn] = []
  /// Values counted in windows: the lag's position and a position in `valueColumns`, or −1 for amounts.
  var valueTrackers: [ValueTrackerLayout] = []
  /// Windows whose extremes are kept.
  var extremeTrackers: [ExtremeTrackerLayout] = []
  var keepsFrauds = false
  var keepsPositions = false
  /// Cycles of hours that are counted.
  var hourCycles: [HourCycle] = []
  /// How many of the last amounts are kept.
  var recentCount = 0

  init(columns: [FeatureColumn]) { self.columns = columns }

  var keepsAmounts: Bool {
    keepsSums || !extremeTrackers.isEmpty || valueTrackers.contains { $0.source < 0 }
  }
}

/// A count of values within a window.
struct ValueTrackerLayout: Hashable, Sendable {
  var lag: Int64
  var source: Int
}

/// A smallest or largest amount within a window.
struct ExtremeTrackerLayout: Hashable, Sendable {
  var lag: Int64
  var isMinimum: Bool
}

/// Two positions among an entity's running totals, whose difference is a window's.
struct WindowTotals: Equatable, Sendable {
  /// 0 for now, else 1 + the position of the lag at which the window ends.
  var upper: Int
  /// 1 + the position of the lag at which the window begins, or −1 for the beginning of time.
  var lower: Int
}

/// What a store computes for one feature.
enum StoreOperation: Equatable, Sendable {
  case count(WindowTotals, plus: Bool)
  case sum(WindowTotals, plus: Bool)
  case mean(WindowTotals, plus: Bool)
  case standardDeviation(WindowTotals, plus: Bool)
  case extreme(tracker: Int, plus: Bool)
  case span(lag: Int)
  case distinct(tracker: Int, plus: Bool)
  case repeats(tracker: Int, plus: Bool)
  case risk(WindowTotals, upperLag: Int64, lowerLag: Int64, weight: Double, rate: Double)
  case zScore(WindowTotals, isLog: Bool, weight: Double)
  case ratio(WindowTotals, weight: Double)
  case robustZScore(count: Int)
  case secondsSinceLast(cap: Int64, isLogarithmic: Bool)
  case isNew
  /// Reads the count of the pair's first column from the cell and leaves the rarity there.
  case rarity(WindowTotals)
  case hourRarity(cycle: Int)
  case distance
  case speed(floor: Double, radius: Double)
}

/// What one row computes without any history.
enum RowOperation: Equatable, Sendable {
  case amount
  case logAmount
  case night(from: Int, to: Int)
  case weekend
  case hour
  case roundAmount(unit: Int64)
  case category(column: Int)
  case indicator(column: Int, text: Int)
}
