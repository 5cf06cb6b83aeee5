internal import LinearAlgebra
internal import Models
internal import Tabular

/// Scores each stretch of a series by how unusual its shape is: Hotelling's T² of the last values as one vector.
///
/// The last `lagCount` values form a vector. Mean and covariance of the vectors seen so far (Hankel blocks, dsyrk) are
/// shrunk towards a multiple of the identity, factored (dpotrf), and the squared distance of a vector is the square length of
/// L⁻¹(x − mean), solved for a block of them at once (dtrsm). The model is learned on the warm-up and again each time as many
/// points have come; a point is judged by a model of points before it, the warm-up excepted, which judges itself.
public struct LagHotelling: Sendable {
  /// How many values form a vector.
  public let lagCount: Int
  /// The share of the identity in the covariance, 0 < shrinkage < 1.
  public let shrinkage: Double

  /// Rows of a Hankel block: enough for dsyrk and dtrsm to work at full speed, few enough to stay in the cache.
  private static let blockRowCount = 512

  /// Checks and joins the parameters.
  ///
  /// - Throws: `TrainingError.invalidParameter`.
  public init(lagCount: Int = 96, shrinkage: Double = 0.1) throws(TrainingError) {
    guard (1...4_096).contains(lagCount) else {
      throw .invalidParameter(name: "lag_count", given: "\(lagCount)", allowed: "1 ... 4096")
    }
    guard shrinkage > 0, shrinkage < 1 else {
      throw .invalidParameter(
        name: "shrinkage", given: "\(shrinkage)", allowed: "greater than 0 and less than 1")
    }
    self.lagCount = lagCount
    self.shrinkage = shrinkage
  }

  /// The score of each point: T² of the vector that ends there, 0 before the first whole vector.
  ///
  /// - Parameters:
  ///   - values: The series, finite, in time order. Values further than a million standard deviations of the warm-up from
  ///     its mean count as that.
  ///   - warmUpCount: How many points the first model is learned on; more than `lagCount`, or no point has a score.
  /// - Throws: `TrainingError.invalidValue` for the first value that is not finite, or what the factorisation reports.
  /// - Complexity: O(points · lagCount²).
  public func scores(
    _ values: [Double], warmUpCount: Int
  ) throws(TrainingError) -> [Double] {
    if let row = values.firstIndex(where: { !$0.isFinite }) {
      throw .invalidValue(row: row, feature: "value", reason: "it is not a finite number")
    }
    var scores = Array(repeating: 0.0, count: values.count)
    guard warmUpCount > lagCount, values.count > warmUpCount else { return scores }
    let standardized = standardized(values, warmUpCount: warmUpCount)
    var space = LagSpace(lagCount: lagCount)
    var judged = lagCount - 1
    var known = warmUpCount
    do throws(LinearAlgebraError) {
      while judged < values.count {
        try space.learn(standardized, to: known)
        let model = try space.model(shrinkage: shrinkage)
        let end = min(known + warmUpCount, values.count)
        while judged < end {
          let rows = judged..<min(judged + LagHotelling.blockRowCount, end)
          try model.score(space.block(standardized, endingIn: rows), into: &scores, at: rows)
          judged = rows.upperBound
        }
        known = end
      }
    } catch {
      throw .linearAlgebra(error)
    }
    return scores
  }

  private func standardized(_ values: [Double], warmUpCount: Int) -> [Double] {
    let moments = ExactMoments(values[..<warmUpCount])
    let mean = moments.mean
    let scale =
      moments.isConstant ? max(mean.magnitude, 1) : moments.standardDeviation
    return values.map { min(max(($0 / 2 - mean / 2) / scale * 2, -1e6), 1e6) }
  }
}
