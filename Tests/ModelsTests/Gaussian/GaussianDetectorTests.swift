import Files
import JSON
import Tabular
import Testing

@testable import Models

@Suite struct GaussianDetectorTests {
  /// Location (1, 2), scales 1 and 2, and the covariance [[4, 2], [2, 5]] of the scaled features.
  private func example() throws -> GaussianDetector {
    try GaussianDetector(
      featureNames: ["a", "b"], location: [1, 2], inverseScale: [1, 0.5],
      factor: Matrix(rows: [[2, 0], [1, 2]]),
      notes: GaussianDetector.Notes(rowCount: 10, shrinkage: 0.1, ridge: 0))
  }

  private func random(_ count: Int) throws -> GaussianDetector {
    var generator = SeededGenerator(seed: UInt64(count))
    var factor = Matrix<Double>(rowCount: count, columnCount: count)
    for row in 0..<count {
      for column in 0..<row { factor[row, column] = generator.normal() * 0.3 }
      factor[row, row] = 0.5 + generator.uniform()
    }
    return try GaussianDetector(
      featureNames: (0..<count).map { "f\($0)" },
      location: (0..<count).map { _ in generator.normal() },
      inverseScale: (0..<count).map { _ in 0.1 + generator.uniform() }, factor: factor,
      notes: GaussianDetector.Notes(rowCount: 10, shrinkage: 0, ridge: 0))
  }

  @Test func `the distance can be checked by hand`() throws {
    // y = (2, 3), L⁻¹ y = (1, 1).
    let detector = try example()
    #expect(
      try detector.scores(of: Matrix(rows: [[3, 8]]), threadCount: 1) == [(2.0).squareRoot()])
    #expect(try detector.scores(of: Matrix(rows: [[1, 2]]), threadCount: 1) == [0])
  }

  @Test(arguments: [1, 2, 7, 8, 20])
  func `the fast scores are those of plain substitution`(count: Int) throws {
    let detector = try random(count)
    var generator = SeededGenerator(seed: 5)
    let matrix = Matrix(
      rowCount: 37, columnCount: count,
      values: (0..<37 * count).map { _ in generator.normal() * 3 })
    let scores = try detector.scores(of: matrix, threadCount: 1)
    var marginals: [[Bool]: MarginalFactor] = [:]
    for row in 0..<37 {
      let plain = try detector.carefulDistance(
        of: matrix.row(row), row: row, marginals: &marginals)
      #expect(abs(scores[row] - plain) < 1e-12 * plain)
    }
  }

  @Test(arguments: [1, 3, 9])
  func `contributions sum to the score`(count: Int) throws {
    let detector = try random(count)
    var generator = SeededGenerator(seed: 6)
    for trial in 0..<20 {
      var row = (0..<count).map { _ in generator.normal() * 5 }
      if trial > 10 && count > 1 { row[trial % count] = .nan }
      let score = try detector.scores(
        of: Matrix(rowCount: 1, columnCount: count, values: row), threadCount: 1)[0]
      let contributions = try detector.contributions(of: row)
      #expect(abs(contributions.reduce(0, +) - score) < 1e-9 * score)
      for (value, contribution) in zip(row, contributions) where value.isNaN {
        #expect(contribution == 0)
      }
    }
    #expect(
      try detector.contributions(of: detector.location) == Array(repeating: 0, count: count))
  }

  @Test func `infinite values are refused by row and feature, huge ones are finite`() throws {
    let detector = try example()
    for value in [Double.infinity, -.infinity] {
      do {
        _ = try detector.scores(of: Matrix(rows: [[1, 2], [3, value]]), threadCount: 1)
        Issue.record("an infinity was scored")
      } catch {
        guard case .invalidValue(let row, let feature, _) = error else {
          Issue.record("\(error)")
          return
        }
        #expect(row == 1)
        #expect(feature == "b")
      }
    }
    let huge = try detector.scores(
      of: Matrix(rows: [[1.7e308, -1.7e308], [1e200, 0]]), threadCount: 1)
    #expect(huge.allSatisfy { $0.isFinite && $0 > 1e150 })
    #expect(try detector.contributions(of: [1.7e308, -1.7e308]).allSatisfy(\.isFinite))
    #expect(throws: ModelError.featureCountMismatch(expected: 2, actual: 3)) {
      try detector.contributions(of: [1, 2, 3])
    }
  }

  @Test func `a stored model restores bit for bit`() throws {
    let detector = try random(5)
    #expect(try GaussianDetector(decoding: detector.encoded()) == detector)
  }

  @Test func `an altered model is refused, never a trap`() throws {
    let good = try example().encoded()
    var altered: [EncodedDetector] = []
    for key in good.description.keys {
      for value: JSONValue? in [nil, -1, 3, "x", [], ["a"], ["a", "a"], [1, 2], .null] {
        if key == "rows", value == 3 { continue }
        if key == "constant_features", value == [] { continue }
        if key == "ridge", value == 3 { continue }
        var copy = good
        copy.description[key] = value
        altered.append(copy)
      }
    }
    let tensors: [Tensor] = [
      Tensor("location", .float64([1])), Tensor("location", .float64([1, .nan])),
      Tensor("location", .float32([1, 2])), Tensor("inverse_scale", .float64([1, -1])),
      Tensor("inverse_scale", .float64([1, .infinity])), Tensor("factor", .float64([2, 0, 1, 2])),
      Tensor("factor", .float64([2, 0, 1, 0]), shape: [2, 2]),
      Tensor("factor", .float64([2, 1, 1, 2]), shape: [2, 2]),
      Tensor("factor", .float64([-2, 0, 1, 2]), shape: [2, 2]),
      Tensor("factor", .float64([.leastNonzeroMagnitude, 0, 1, 2]), shape: [2, 2]),
      Tensor("factor", .float64([2, 0, .nan, 2]), shape: [2, 2]),
    ]
    for tensor in tensors {
      var copy = good
      copy.tensors = copy.tensors.map { $0.name == tensor.name ? tensor : $0 }
      altered.append(copy)
    }
    var missing = good
    missing.tensors.removeLast()
    altered.append(missing)
    for encoded in altered {
      #expect(throws: ModelError.self) { try GaussianDetector(decoding: encoded) }
    }
  }
}
