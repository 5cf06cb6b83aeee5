public import Files
internal import JSON
public import Tabular

/// A detector with the threshold that makes labels of its scores: what any model folder holds, whatever its columns are.
public struct TrainedDetector: Sendable {
  /// What computes the scores.
  public let detector: any AnomalyDetector
  /// Rows that score higher are anomalies.
  public let threshold: Double

  /// Joins the two.
  public init(detector: any AnomalyDetector, threshold: Double) {
    self.detector = detector
    self.threshold = threshold
  }

  /// The anomaly score of one row, in the order of the detector's features.
  ///
  /// - Throws: `ModelError.featureCountMismatch` or `.invalidValue`.
  public func score(of row: [Double]) throws(ModelError) -> Double {
    try detector.score(of: row)
  }

  /// The anomaly score of each row of a table whose columns are named.
  ///
  /// - Throws: `ModelError.featureMismatch` when the columns are not the model's in its order; it names both.
  public func scores(
    of matrix: Matrix<Double>, columnNames: [String], threadCount: Int
  ) throws(ModelError) -> [Double] {
    guard columnNames == detector.featureNames else {
      throw .featureMismatch(expected: detector.featureNames, actual: columnNames)
    }
    return try detector.scores(of: matrix, threadCount: threadCount)
  }

  /// Reads the detector of the model in `folder`, over transactions or over a table.
  ///
  /// - Throws: `FileError`, or `ModelError.malformed` naming the file.
  public init(loadingFrom folder: String) throws {
    self = try ModelFiles(in: folder).trainedDetector()
  }

  /// Writes a model over a table of any columns (format `anomalyze-table-model/1`).
  ///
  /// - Parameters:
  ///   - folder: Receives the files.
  ///   - goldenRows: Rows whose scores are stored and compared at every load.
  public func write(
    to folder: borrowing StagedDirectory, goldenRows: Matrix<Double>
  ) throws {
    try ModelFiles.write(
      detector, format: ModelFiles.tableFormat, members: ["threshold": .number(threshold)],
      goldenRows: goldenRows, to: folder)
  }
}
