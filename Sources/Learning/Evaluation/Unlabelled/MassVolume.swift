public import Tabular

/// How well a score concentrates the rows in little space, which needs no label (Goix 2016, "How to evaluate the quality of
/// unsupervised anomaly detection algorithms?").
///
/// Volumes are shares of the box that holds the rows, estimated with points drawn uniformly in it; above some ten features
/// they say little, because nearly all of a box is empty.
public struct MassVolume: Equatable, Sendable {
  /// Area under the excess-mass curve, divided by its range: higher is better.
  public let excessMass: MetricValue
  /// Area under the mass–volume curve for masses of 0.9 to 0.999, divided by its range: lower is better.
  public let massVolume: MetricValue

  /// Compares the scores of the rows with those of uniform points in the rows' box.
  ///
  /// - Precondition: no score is NaN.
  public init(scores: [Double], uniformScores: [Double]) {
    guard !scores.isEmpty, !uniformScores.isEmpty else {
      excessMass = .undefined("there is no row")
      massVolume = .undefined("there is no row")
      return
    }
    // A level set holds what scores at most so much: normal rows are those of low scores.
    let rows = scores.sorted()
    let points = uniformScores.sorted()
    var levels: [(mass: Double, volume: Double)] = []
    var (row, point) = (0, 0)
    while row < rows.count {
      let level = rows[row]
      while row < rows.count && rows[row] <= level { row += 1 }
      while point < points.count && points[point] <= level { point += 1 }
      levels.append(
        (Double(row) / Double(rows.count), Double(point) / Double(points.count)))
    }
    massVolume = .value(MassVolume.volumeArea(levels))
    excessMass = .value(MassVolume.excessArea(levels))
  }

  /// The mean, over masses from 0.9 to 0.999, of the volume of the least level set that holds the mass.
  private static func volumeArea(_ levels: [(mass: Double, volume: Double)]) -> Double {
    let masses = (0..<100).map { 0.9 + 0.099 * Double($0) / 99 }
    // Shares of rows and masses are sums of different fractions; equal ones may differ in the last bit.
    let rounding = 1e-12
    var level = 0
    let volumes = masses.map { mass -> Double in
      while level + 1 < levels.count && levels[level].mass < mass - rounding { level += 1 }
      return levels[level].volume
    }
    return trapezoid(volumes)
  }

  /// The mean, over weights of volume up to the one where the excess mass falls to 0.9, of the best excess mass.
  private static func excessArea(_ levels: [(mass: Double, volume: Double)]) -> Double {
    func excess(_ weight: Double) -> Double {
      max(0, levels.lazy.map { $0.mass - weight * $0.volume }.max() ?? 0)
    }
    // The excess falls with the weight, so the end of the range is found by halving.
    var (low, high) = (0.0, 1.0)
    while excess(high) > 0.9 && high < 1e12 { high *= 2 }
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if excess(middle) > 0.9 { low = middle } else { high = middle }
    }
    return trapezoid((0..<100).map { excess(high * Double($0) / 99) })
  }

  private static func trapezoid(_ values: [Double]) -> Double {
    let inner = values.dropFirst().dropLast().reduce(0, +)
    return (inner + (values[0] + values[values.count - 1]) / 2) / Double(values.count - 1)
  }

  /// Points drawn uniformly in the box of the finite values of `rows`.
  public static func uniformPoints(
    in rows: Matrix<Double>, count: Int, seed: UInt64
  ) -> Matrix<Double> {
    var generator = SeededGenerator(seed: seed, stream: 0x424F_58)
    let bounds = (0..<rows.columnCount).map { column -> (low: Double, high: Double) in
      let values = rows.column(column).filter { $0.isFinite }
      return (values.min() ?? 0, values.max() ?? 0)
    }
    return Matrix(
      rowCount: count, columnCount: rows.columnCount,
      values: (0..<count).flatMap { _ in
        bounds.map { $0.low + ($0.high - $0.low) * generator.uniform() }
      })
  }
}
