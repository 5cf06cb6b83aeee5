public import Files
public import JSON
public import Tabular

/// A fitted model that gives every row of features an anomaly score: the higher, the more anomalous.
///
/// The protocol is used where stages meet, a block of rows at a time; the loops behind it are concrete.
public protocol AnomalyDetector: Sendable {
  /// The name of the kind in files and on the command line, such as `isolation_forest`.
  static var kind: String { get }

  /// Names of the features in the order of the columns.
  var featureNames: [String] { get }

  /// The anomaly score of each row of `matrix` (`rows × featureNames.count`).
  ///
  /// The result does not depend on `threadCount`.
  ///
  /// - Throws: `ModelError.featureCountMismatch` when the columns are not the model's.
  func scores(of matrix: Matrix<Double>, threadCount: Int) throws(ModelError) -> [Double]

  /// The anomaly score of one row; the same bits as in a matrix.
  func score(of row: [Double]) throws(ModelError) -> Double

  /// How much each feature adds to the score of one row; the kind documents what the values sum to.
  func contributions(of row: [Double]) throws(ModelError) -> [Double]

  /// The score of one row and how much each feature adds to it, together.
  func explained(_ row: [Double]) throws(ModelError) -> (score: Double, contributions: [Double])

  /// The contributions by detector and feature; several parts may concern one feature. Ensembles name their members.
  func parts(of row: [Double]) throws(ModelError) -> [ScorePart]

  /// The probability that a row of this score is an anomaly; `nil` unless the detector learned that from labels.
  func probability(ofScore score: Double) -> Double?

  /// The model as flat arrays and a small description, from which `init(decoding:)` makes the same model again.
  func encoded() -> EncodedDetector

  /// Restores a model.
  ///
  /// - Throws: `ModelError.malformed` when a part is missing or inconsistent; no input makes it trap.
  init(decoding encoded: EncodedDetector) throws(ModelError)
}

/// What a detector stores: the description goes to `model.json`, the arrays to `model.safetensors`.
public struct EncodedDetector: Equatable, Sendable {
  /// Kind, format version and parameters.
  public var description: JSONObject
  /// The arrays.
  public var tensors: [Tensor]

  /// Joins a description and its arrays.
  public init(description: JSONObject, tensors: [Tensor]) {
    self.description = description
    self.tensors = tensors
  }
}
