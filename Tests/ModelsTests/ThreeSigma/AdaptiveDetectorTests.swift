import Models
import Tabular
import Testing
import Transactions

@Suite struct AdaptiveDetectorTests {
  /// Five minutes apart, a daily wave with noise.
  private func wave(count: Int, seed: UInt64 = 1) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { index in
      100 + 20 * PortableMath.sin(Double(index % 288) / 288 * 6.283185307179586)
        + 2 * generator.normal()
    }
  }

  private func verdicts(
    _ values: [Double], _ parameters: AdaptiveParameters = .standard
  ) -> [AdaptiveVerdict] {
    var detector = AdaptiveDetector(parameters: parameters)
    return values.enumerated().map { index, value in
      detector.judge(value, at: Timestamp(seconds: Int64(index) * 300))
    }
  }

  private func alerts(_ verdicts: [AdaptiveVerdict]) -> [Int] {
    verdicts.indices.filter { verdicts[$0].isAlert }
  }

  @Test func `An incident is one alert, and ordinary days are none`() {
    var values = wave(count: 3_000)
    for index in 2_000..<2_040 { values[index] += 150 }
    let alerts = alerts(verdicts(values))
    #expect((2_000...2_002).contains(alerts.first ?? -1))
    #expect(alerts.allSatisfy { (2_000..<2_060).contains($0) }, "\(alerts)")
  }

  @Test func `A point is judged by the past alone`() {
    let values = wave(count: 900)
    var changed = values
    for index in 700..<900 { changed[index] = -5_000 }
    #expect(Array(verdicts(values)[..<700]) == Array(verdicts(changed)[..<700]))
  }

  @Test
  func
    `A series that never moved alarms at its first change, and a monstrous value leaves finite scores`()
    throws
  {
    let parameters = try AdaptiveParameters(warmUpCount: 100)
    var values = Array(repeating: 7.0, count: 200)
    values[150] = 7.001
    let verdicts = verdicts(values, parameters)
    #expect(alerts(verdicts) == [150])
    #expect(verdicts[150].explanation.contains("never moved before"))
    for monster in [1e308, -1e308, Double.leastNonzeroMagnitude] {
      values[160] = monster
      for verdict in self.verdicts(values, parameters) {
        #expect(verdict.score.isFinite && (0...1).contains(verdict.score))
      }
    }
  }

  @Test func `The probability is the share of earlier points with a lower score`() {
    var values = wave(count: 1_000)
    values[999] = 1_000
    let last = verdicts(values)[999]
    #expect(last.probability > 0.99)
    #expect(verdicts(values)[0].probability == 0)
  }

  @Test func `Parameters out of range are refused by name`() {
    for make in [
      { try AdaptiveParameters(threshold: 1) }, { try AdaptiveParameters(threshold: .nan) },
      { try AdaptiveParameters(warmUpCount: -1) }, { try AdaptiveParameters(quietCount: -1) },
    ] as [() throws -> AdaptiveParameters] {
      #expect(throws: ThreeSigmaError.self) { try make() }
    }
  }
}
