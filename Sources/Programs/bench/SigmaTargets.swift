internal import JSON
internal import Tabular

/// What the 3-sigma models are meant to reach.
enum SigmaTargets {
  /// How many times faster than a peer; `nil` without a target.
  static func timesFaster(work: String, peer: String) -> Double? {
    switch (work, peer) {
    case ("moments", "numpy"): 8
    case ("moments", "polars"): 40
    case ("moments", "pandas"): 50
    case ("moments_interleaved", _): 4
    case ("robust", "pandas"): 10
    case ("seasonal", _): 50
    case ("gaussian_fit", _): 2
    case ("gaussian_score", _): 3
    default: nil
    }
  }

  /// A measurement with the time that it may take at most, where there is a limit.
  static func withLimit(_ measurement: JSONObject) -> JSONObject {
    let limits = ["predict": 200e-9, "update": 200e-9, "lag_t2": 1.5]
    var measurement = measurement
    if let limit = limits[measurement["work"]?.stringValue ?? ""] {
      measurement["target_seconds"] = .number(limit)
    }
    return measurement
  }
}

/// The points of several series in the order of time: one of each series, then the next of each.
struct Interleaved {
  let values: [Double]
  let series: [Int32]

  init(_ table: Matrix<Double>) {
    var values: [Double] = []
    var series: [Int32] = []
    values.reserveCapacity(table.values.count)
    series.reserveCapacity(table.values.count)
    for time in 0..<table.columnCount {
      for row in 0..<table.rowCount {
        values.append(table[row, time])
        series.append(Int32(row))
      }
    }
    self.values = values
    self.series = series
  }
}
