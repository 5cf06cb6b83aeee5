import Models
import Tabular
import Testing

@testable import Training

@Suite struct EvidenceFitTests {
  @Test func `violators are pooled and rates become log-odds`() throws {
    // Rates by evidence: 0/2, 1/1, 0/1, 1/1. The second and third are pooled to 1/2.
    let curve = try LogOddsCurve(
      fittingEvidence: [0, 0, 1, 2, 3], labels: [false, false, true, false, true])
    #expect(curve.evidence == [0, 1, 2, 3])
    let rate = 0.4
    func logOdds(_ anomalies: Double, _ count: Double) -> Double {
      let share = (anomalies + rate) / (count + 1)
      return PortableMath.log(share / (1 - share))
    }
    let first = logOdds(0, 2)
    let expected = [0, logOdds(1, 2) - first, logOdds(1, 2) - first, logOdds(1, 1) - first]
    #expect(zip(curve.rises, expected).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test func `equal evidence is one point whatever the order`() throws {
    let curve = try LogOddsCurve(fittingEvidence: [1, 1, 1], labels: [true, false, true])
    #expect(curve.evidence == [1] && curve.rises == [0])
  }

  @Test func `the regression reaches the optimum that its conditions describe`() {
    var generator = SeededGenerator(seed: 4)
    var inputs = Matrix<Double>(rowCount: 600, columnCount: 4)
    var labels: [Bool] = []
    for row in 0..<600 {
      for column in 0..<4 { inputs[row, column] = generator.normal() }
      // The third column speaks against an anomaly: its weight may only become 0.
      let z = -1 + 2 * inputs[row, 0] + inputs[row, 1] - inputs[row, 2]
      labels.append(generator.chance(1 / (1 + PortableMath.exp(-z))))
    }
    let fit = NonNegativeLogisticRegression(inputs, labels: labels)
    #expect(fit.weights[2] == 0)
    #expect(fit.weights[0] > fit.weights[1] && fit.weights[1] > 0.5)
    #expect(fit.stepCount < 20)
    var gradient = fit.weights.map { NonNegativeLogisticRegression.ridge * $0 } + [0]
    for row in 0..<600 {
      let z = fit.intercept + (0..<4).map { fit.weights[$0] * inputs[row, $0] }.reduce(0, +)
      let miss = 1 / (1 + PortableMath.exp(-z)) - (labels[row] ? 1 : 0)
      for column in 0..<4 { gradient[column] += miss * inputs[row, column] }
      gradient[4] += miss
    }
    for column in 0..<4 {
      if fit.weights[column] > 0 {
        #expect(abs(gradient[column]) < 1e-3)
      } else {
        #expect(gradient[column] > 0)
      }
    }
    #expect(abs(gradient[4]) < 1e-3)
  }

  @Test func `columns that separate, repeat or say nothing are no trouble`() {
    let labels = (0..<40).map { $0 >= 30 }
    var inputs = Matrix<Double>(rowCount: 40, columnCount: 4)
    for row in 0..<40 {
      inputs[row, 0] = labels[row] ? 10 : 0
      inputs[row, 1] = inputs[row, 0]
      inputs[row, 2] = 5
    }
    let fit = NonNegativeLogisticRegression(inputs, labels: labels)
    #expect(fit.weights.allSatisfy { $0.isFinite && $0 >= 0 })
    #expect(fit.weights[0] > 0 && abs(fit.weights[0] - fit.weights[1]) < 1e-5)
    #expect(fit.weights[3] == 0)
  }
}
