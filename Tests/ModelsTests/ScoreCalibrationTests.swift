import JSON
import Models
import Testing

@Suite struct ScoreCalibrationTests {
  let calibration = ScoreCalibration(trainingScores: (0...10_000).map { Double($0) / 10_000 })

  @Test(arguments: [(-1.0, 0.0), (0.5, 0.5), (0.995, 0.995), (0.99995, 0.99995), (2.0, 1.0)])
  func `the probability is the share of training scores below`(score: Double, share: Double) {
    #expect(abs(calibration.probability(of: score) - share) < 1e-9)
  }

  @Test func `the probability never falls when the score rises`() {
    let uneven = ScoreCalibration(trainingScores: [1, 1, 1, 1, 2, 2, 9])
    let probabilities = (0..<1_000).map { uneven.probability(of: Double($0) / 100) }
    #expect(zip(probabilities, probabilities.dropFirst()).allSatisfy { $0 <= $1 })
  }

  @Test func `equal scores make a step`() {
    let flat = ScoreCalibration(trainingScores: [3, 3, 3])
    #expect(flat.probability(of: 2.9) == 0)
    #expect(flat.probability(of: 3.1) == 1)
  }

  @Test func `it survives writing and reading`() throws {
    #expect(try ScoreCalibration(calibration.json) == calibration)
  }

  @Test(arguments: [
    JSONValue.null, [1, 2], .array(Array(repeating: "x", count: 118)),
    .array((0..<118).map { .integer(Int64(-$0)) }),
  ])
  func `anything else is refused`(value: JSONValue) {
    #expect(throws: ModelError.self) { try ScoreCalibration(value) }
  }
}
