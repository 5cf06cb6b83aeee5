import LinearAlgebra
import Tabular
import Testing
import Training

@Suite struct LagHotellingTests {
  private func noise(count: Int) -> [Double] {
    var generator = SeededGenerator(seed: 5)
    var last = 0.0
    return (0..<count).map { _ in
      last = 0.7 * last + generator.normal()
      return last
    }
  }

  /// T² of one vector by the formula, with explicit sums and a plain elimination.
  private func reference(
    _ values: [Double], lags: Int, shrinkage: Double, known: Int, end: Int
  ) throws -> Double {
    let mean = values[..<known].reduce(0, +) / Double(known)
    let variance = values[..<known].reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(known)
    let scaled = values.map { ($0 - mean) / variance.squareRoot() }
    let vectors = (lags - 1..<known).map { Array(scaled[$0 - lags + 1...$0]) }
    let count = Double(vectors.count)
    let centre = (0..<lags).map { lag in vectors.reduce(0) { $0 + $1[lag] } / count }
    var covariance = Matrix<Double>(rowCount: lags, columnCount: lags)
    for row in 0..<lags {
      for column in 0..<lags {
        covariance[row, column] =
          vectors.reduce(0) {
            $0 + ($1[row] - centre[row]) * ($1[column] - centre[column])
          } / count
      }
    }
    let trace = (0..<lags).reduce(0) { $0 + covariance[$1, $1] }
    for row in 0..<lags {
      for column in 0..<lags { covariance[row, column] *= 1 - shrinkage }
      covariance[row, row] += shrinkage * trace / Double(lags) + 1e-12
    }
    let difference = (0..<lags).map { scaled[end - lags + 1 + $0] - centre[$0] }
    let solution = try LinearAlgebra.leastSquares(
      covariance, Matrix(rowCount: lags, columnCount: 1, values: difference))
    return zip(difference, solution.values).reduce(0) { $0 + $1.0 * $1.1 }
  }

  @Test func `Scores equal the formula`() throws {
    let values = noise(count: 900)
    let scores = try LagHotelling(lagCount: 8).scores(values, warmUpCount: 200)
    #expect(scores[..<7].allSatisfy { $0 == 0 })
    // The first model knows the warm-up and judges up to twice its length.
    for end in [7, 150, 250, 399] {
      let expected = try reference(values, lags: 8, shrinkage: 0.1, known: 200, end: end)
      #expect(abs(scores[end] - expected) <= 1e-9 * max(1, expected), "\(end)")
    }
  }

  @Test func `Nothing after a point changes its score, and units do not matter`() throws {
    let values = noise(count: 700)
    let scores = try LagHotelling(lagCount: 12).scores(values, warmUpCount: 150)
    let start = try LagHotelling(lagCount: 12).scores(Array(values[..<500]), warmUpCount: 150)
    #expect(Array(scores[..<500]) == start)
    let moved = try LagHotelling(lagCount: 12).scores(
      values.map { $0 * 1e-6 + 3 }, warmUpCount: 150)
    for (one, other) in zip(scores, moved) { #expect(abs(one - other) <= 1e-6 * max(1, one)) }
  }

  @Test func `A changed shape stands out though every value is usual`() throws {
    var values = (0..<2_000).map { PortableMath.sin(Double($0) / 5) }
    for index in 1_500..<1_560 { values[index] = PortableMath.sin(Double(index) / 2) }
    let scores = try LagHotelling(lagCount: 24).scores(values, warmUpCount: 400)
    let inside = scores[1_505..<1_560].min() ?? 0
    let before = scores[24..<1_500].max() ?? 0
    #expect(inside > before)
  }

  @Test func `Constant, short, huge and bad series`() throws {
    let lag = try LagHotelling(lagCount: 4)
    var constant = Array(repeating: 3.0, count: 100)
    #expect(try lag.scores(constant, warmUpCount: 20).allSatisfy { $0 == 0 })
    constant[80] = 3.5
    #expect(try lag.scores(constant, warmUpCount: 20)[80] > 1e6)
    #expect(try lag.scores([1, 2, 3], warmUpCount: 20) == [0, 0, 0])
    var huge = noise(count: 100)
    huge[50] = 1e308
    #expect(try lag.scores(huge, warmUpCount: 20).allSatisfy(\.isFinite))
    huge[60] = .nan
    #expect(throws: TrainingError.self) { try lag.scores(huge, warmUpCount: 20) }
    #expect(throws: TrainingError.self) { try LagHotelling(lagCount: 0) }
    #expect(throws: TrainingError.self) { try LagHotelling(shrinkage: 1) }
  }
}
