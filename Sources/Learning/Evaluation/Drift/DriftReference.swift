public import JSON
public import Tabular

/// What the training rows looked like, stored with a model (`reference.json`) so that later rows can be compared with them.
public struct DriftReference: Equatable, Sendable {
  /// The format of the stored form: its name and version.
  public static let format = "anomalyze-reference/1"

  /// Names of the features, in the order of `bins`.
  public let featureNames: [String]
  /// Bins a feature.
  public let bins: [QuantileBins]
  /// Bins of the anomaly score.
  public let scoreBins: QuantileBins

  /// Describes training rows (`rows × featureNames.count`) and their scores.
  ///
  /// - Throws: `EvaluationError` when a feature has no value at all or the columns do not fit.
  public init(
    featureNames: [String], training: Matrix<Double>, scores: [Double]
  ) throws(EvaluationError) {
    guard training.columnCount == featureNames.count else {
      throw .rowCountMismatch(
        column: "feature names", expected: training.columnCount, actual: featureNames.count)
    }
    var bins: [QuantileBins] = []
    for column in featureNames.indices {
      bins.append(try QuantileBins(training: training.column(column)))
    }
    self.featureNames = featureNames
    self.bins = bins
    scoreBins = try QuantileBins(training: scores)
  }

  /// The stored form.
  public var json: JSONValue {
    [
      "format": .string(DriftReference.format),
      "features": .array(
        zip(featureNames, bins).map { name, bins in
          var object: JSONObject = ["name": .string(name)]
          for member in bins.json.members { object[member.key] = member.value }
          return .object(object)
        }),
      "score": .object(scoreBins.json),
    ]
  }

  /// Reads the stored form.
  ///
  /// - Throws: `EvaluationError.invalidParameter` when it is none or of another format.
  public init(_ json: JSONValue) throws(EvaluationError) {
    guard json["format"]?.stringValue == DriftReference.format,
      let features = json["features"]?.arrayValue, let score = json["score"]
    else {
      throw .invalidParameter(
        name: "drift reference", reason: "it is not of the format \(DriftReference.format)")
    }
    var names: [String] = []
    var bins: [QuantileBins] = []
    for feature in features {
      guard let name = feature["name"]?.stringValue else {
        throw .invalidParameter(name: "drift reference", reason: "a feature has no name")
      }
      names.append(name)
      bins.append(try QuantileBins(feature))
    }
    featureNames = names
    self.bins = bins
    scoreBins = try QuantileBins(score)
  }
}

extension FeatureDrift {
  /// How every feature moved between two tables with the same columns, in their order.
  ///
  /// - Parameters:
  ///   - featureNames: Names of the columns of both tables.
  ///   - training: The rows that trained.
  ///   - current: The rows of today.
  ///   - currentRows: Indices of those that are looked at; `nil` for all.
  ///   - alarmRate: How often the whole table may have an alarm although nothing moved; each feature gets its share (Bonferroni).
  ///   - threadCount: How many threads work; no result depends on it.
  /// - Throws: `EvaluationError` when a table has no row, a feature no value, or the columns do not fit.
  public static func table(
    featureNames: [String], training: Matrix<Double>, current: Matrix<Double>,
    currentRows: [Int]? = nil, alarmRate: Double = 0.05, threadCount: Int = 1
  ) throws(EvaluationError) -> [FeatureDrift] {
    for table in [training, current] where table.columnCount != featureNames.count {
      throw .rowCountMismatch(
        column: "feature names", expected: table.columnCount, actual: featureNames.count)
    }
    guard training.rowCount > 0, currentRows?.count ?? current.rowCount > 0 else {
      throw .noRows(reason: "a period without rows cannot have moved")
    }
    let rate = max(alarmRate / Double(max(featureNames.count, 1)), 0.0001)
    let blocks = try BlockParallel.map(
      count: featureNames.count, blockSize: 1, threadCount: threadCount
    ) { range throws(EvaluationError) in
      let column = range.lowerBound
      return try FeatureDrift(
        name: featureNames[column], training: training.column(column),
        current: currentRows.map { rows in rows.map { current[$0, column] } }
          ?? current.column(column),
        alarmRate: rate, seed: UInt64(column))
    }
    return blocks
  }
}
