import LinearAlgebra
import Tabular
import Testing
import Training

@Suite struct SharedGridRegressionTests {
  private func problem(series: Int, times: Int) -> (design: Matrix<Double>, values: Matrix<Double>)
  {
    var generator = SeededGenerator(seed: 3)
    var design = Matrix<Double>(rowCount: times, columnCount: 4)
    for time in 0..<times {
      let angle = Double(time % 24) / 24 * 6.283185307179586
      design[time, 0] = 1
      design[time, 1] = Double(time) / Double(times)
      design[time, 2] = PortableMath.sin(angle)
      design[time, 3] = PortableMath.cos(angle)
    }
    let values = Matrix(
      rowCount: series, columnCount: times,
      values: (0..<series * times).map { _ in generator.normal() + 10 })
    return (design, values)
  }

  @Test func `all series at once are each series by itself`() throws {
    let (design, values) = problem(series: 300, times: 50)
    let regression = try SharedGridRegression(design: design)
    let fit = try regression.fit(values, threadCount: 1)
    #expect(try regression.fit(values, threadCount: 3) == fit)
    for series in stride(from: 0, to: 300, by: 37) {
      let right = Matrix(rowCount: 50, columnCount: 1, values: values.row(series))
      let single = try LinearAlgebra.leastSquares(design, right)
      var square = 0.0
      for time in 0..<50 {
        let fitted = (0..<4).map { design[time, $0] * single[$0, 0] }.reduce(0, +)
        square += (values[series, time] - fitted) * (values[series, time] - fitted)
      }
      for column in 0..<4 {
        #expect(abs(fit.coefficients[series, column] - single[column, 0]) < 1e-11)
      }
      #expect(abs(fit.residualDeviations[series] - (square / 50).squareRoot()) < 1e-11)
    }
  }

  @Test func `what cannot be fitted is a typed error`() throws {
    var (design, values) = problem(series: 3, times: 50)
    values[1, 7] = .nan
    let regression = try SharedGridRegression(design: design)
    #expect(throws: LinearAlgebraError.notFinite(routine: "dgemm")) {
      try regression.fit(values, threadCount: 1)
    }
    for time in 0..<50 { design[time, 3] = 2 * design[time, 1] }
    #expect(throws: LinearAlgebraError.rankDeficient(column: 3)) {
      try SharedGridRegression(design: design)
    }
  }
}
