import Tabular
import Testing

@testable import Models

@Suite struct TailCalibrationTests {
  @Test func `evidence is the rarity in training and goes on beyond it`() {
    var generator = SeededGenerator(seed: 1)
    let scores = (0..<20_000).map { _ in generator.exponential(mean: 2) }
    let calibration = TailCalibration(trainingScores: scores)
    // For exponential scores of mean 2 the evidence of s is s / (2 ln 10) everywhere.
    for score in [0.5, 2, 5, 9, 15, 40] {
      #expect(abs(calibration.evidence(of: score) / (score / 4.605170186) - 1) < 0.1)
    }
    #expect(calibration.evidence(of: 1e300) == TailCalibration.largestEvidence)
    #expect(calibration.evidence(of: -5) == 0)
    #expect(calibration.evidence(of: .nan) == 0)
  }

  @Test func `evidence never decreases and ignores the order of the scores`() {
    var generator = SeededGenerator(seed: 2)
    for count in [1, 2, 5, 30, 500] {
      let scores = (0..<count).map { _ in (generator.normal() * 4).rounded() }
      let calibration = TailCalibration(trainingScores: scores)
      #expect(TailCalibration(trainingScores: scores.shuffled(using: &generator)) == calibration)
      let curve = (-30...60).map { calibration.evidence(of: Double($0) / 3) }
      #expect(curve == curve.sorted())
      #expect(
        (try? TailCalibration(
          scores: calibration.scores, evidence: calibration.evidence,
          tailScale: calibration.tailScale)) == calibration)
    }
  }

  @Test func `equal scores, no scores and extreme scores are defined`() {
    let constant = TailCalibration(trainingScores: [3, 3, 3, 3])
    #expect(constant.evidence(of: 3) == 0)
    #expect(constant.evidence(of: 4) > 0)
    #expect(TailCalibration(trainingScores: [.nan]).evidence(of: -1) == 0)
    let extreme = TailCalibration(trainingScores: [-1.7e308, 1.7e308, 0])
    for score in [-1.7e308, -1, 0, 1, 1.7e308] { #expect(extreme.evidence(of: score).isFinite) }
  }
}
