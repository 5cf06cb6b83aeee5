import Testing

@testable import Models

@Suite struct LogOddsCurveTests {
  @Test func `a rise is interpolated, never falls and goes on beyond the last piece`() throws {
    let curve = try LogOddsCurve(evidence: [0, 1, 2, 3], rises: [0, 0, 4, 4])
    #expect(curve.rise(at: 0) == 0)
    #expect(curve.rise(at: 1) == LogOddsCurve.slope)
    #expect(curve.rise(at: 1.5) == 2 + 1.5 * LogOddsCurve.slope)
    #expect(curve.rise(at: 300) == 4 + 300 * LogOddsCurve.slope)
    let rises = (0...400).map { curve.rise(at: Double($0) / 100) }
    #expect(zip(rises, rises.dropFirst()).allSatisfy(<))
  }

  @Test func `parts that are no such curve are refused`() {
    for (evidence, rises) in [
      ([], []), ([0, 1], [0]), ([1, 1], [0, 1]), ([0, 1], [1, 2]), ([0, 1, 2], [0, 2, 1]),
      ([0, .nan], [0, 1]), ([0, 1], [0, .infinity]),
    ] as [([Double], [Double])] {
      #expect(throws: ModelError.self) { try LogOddsCurve(evidence: evidence, rises: rises) }
    }
  }
}
