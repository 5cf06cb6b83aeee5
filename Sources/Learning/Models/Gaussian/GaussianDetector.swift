public import Tabular

/// The many-variable 3-sigma: the Mahalanobis distance of a row from the mean of normal rows.
///
/// With y = (x − location) · inverse scale and the Cholesky factor L of the (shrunk) covariance of y, the score is
/// |L⁻¹ y| = √(yᵀ Σ⁻¹ y) ≥ 0: how many standard deviations the row is away, correlations taken into account. The system
/// of equations is solved with the stored triangle, eight rows at a time; no BLAS is needed to score.
///
/// A missing value (NaN) leaves its feature out: the score is the distance in the marginal distribution of the features
/// that the row has, which is also the smallest distance that any value in its place would give. A row without any
/// value scores 0. Infinite values are refused. Features that were constant in training are left out too.
public struct GaussianDetector: AnomalyDetector, Equatable {
  public static let kind = "gaussian"

  public let featureNames: [String]
  /// The mean of each feature.
  public let location: [Double]
  /// What each difference from the mean is multiplied with: 1 / standard deviation, 1, or 0 for a feature without spread.
  public let inverseScale: [Double]
  /// The lower triangular factor of the covariance of the scaled features: `features × features`.
  public let factor: Matrix<Double>
  /// How it came about, for people: shrinkage, rows, and so on.
  public let notes: Notes

  /// Facts about the fit that scoring does not need.
  public struct Notes: Equatable, Sendable {
    /// How many rows the model was fitted on.
    public var rowCount: Int
    /// The share of the target in the shrunk covariance, 0 ... 1.
    public var shrinkage: Double
    /// The share by which variances were raised because the covariance had no factor; usually 0.
    public var ridge: Double

    /// Joins the facts.
    public init(rowCount: Int, shrinkage: Double, ridge: Double) {
      self.rowCount = rowCount
      self.shrinkage = shrinkage
      self.ridge = ridge
    }
  }

  /// The factor without its upper triangle, row after row, each diagonal element replaced by its inverse.
  let packedFactor: [Double]

  /// Joins the parts of a fitted model.
  ///
  /// - Throws: `ModelError.malformed` when sizes differ, a number is not finite, a scale is negative, or the diagonal of
  ///   the factor is not positive.
  public init(
    featureNames: [String], location: [Double], inverseScale: [Double], factor: Matrix<Double>,
    notes: Notes
  ) throws(ModelError) {
    func fail(_ reason: String) -> ModelError { .malformed(reason: "Gaussian model: \(reason)") }
    let count = featureNames.count
    guard count > 0 else { throw fail("it has no features") }
    guard Set(featureNames).count == count else { throw fail("two features have one name") }
    guard location.count == count, inverseScale.count == count, factor.rowCount == count,
      factor.columnCount == count
    else { throw fail("its arrays differ in length") }
    guard location.allSatisfy(\.isFinite),
      inverseScale.allSatisfy({ $0.isFinite && $0 >= 0 }),
      factor.values.allSatisfy(\.isFinite)
    else { throw fail("a number is not finite or a scale is negative") }
    var packed: [Double] = []
    packed.reserveCapacity(count * (count + 1) / 2)
    for row in 0..<count {
      for column in 0..<row { packed.append(factor[row, column]) }
      let inverse = 1 / factor[row, row]
      guard factor[row, row] > 0, inverse.isFinite else {
        throw fail("the diagonal of the factor is not positive")
      }
      packed.append(inverse)
      for column in row + 1..<max(count, row + 1) where factor[row, column] != 0 {
        throw fail("the factor is not lower triangular")
      }
    }
    guard notes.rowCount >= 0, (0...1).contains(notes.shrinkage), notes.ridge >= 0,
      notes.ridge.isFinite
    else { throw fail("rows, shrinkage or ridge is out of range") }
    self.featureNames = featureNames
    self.location = location
    self.inverseScale = inverseScale
    self.factor = factor
    self.notes = notes
    packedFactor = packed
  }

  /// The features that had no spread in training; they do not count.
  public var constantFeatures: [String] {
    zip(featureNames, inverseScale).filter { $0.1 == 0 }.map(\.0)
  }
}
