public import JSON
public import Models
public import Tabular
public import Training

/// What training noticed, kept in a version's `model.json` for reports and for whoever asks later.
public struct TrainingNotes: Sendable {
  /// Columns that make a model worse than their owner expects.
  public let findings: [ColumnFinding]
  /// How much each feature does to tell anomalies apart (DIFFI); `nil` for detectors that are no forest.
  public let importance: [Double]?
  /// How presets were compared; `nil` where the configuration names one.
  public let presets: PresetComparison?
  private let featureNames: [String]

  /// How many alarms and how many other rows the importance is measured on.
  static let importanceRowLimit = 500

  /// Looks at the training rows and the fitted detector.
  ///
  /// - Throws: `ModelError` for rows that the detector cannot read.
  public init(
    of detector: any AnomalyDetector, threshold: Double, trainingScores: [Double],
    on matrix: Matrix<Double>, presets: PresetComparison?
  ) throws(ModelError) {
    featureNames = detector.featureNames
    self.presets = presets
    findings = ColumnFindings.findings(in: matrix, featureNames: detector.featureNames)
    guard let forest = detector as? IsolationForest else {
      importance = nil
      return
    }
    let alarms = trainingScores.indices.filter { trainingScores[$0] > threshold }
    let others = trainingScores.indices.filter { trainingScores[$0] <= threshold }
    let rows = Self.spread(alarms) + Self.spread(others)
    importance = try forest.globalImportance(
      of: matrix.selecting(rows: rows), isAnomaly: rows.map { trainingScores[$0] > threshold })
  }

  /// At most `importanceRowLimit` of `rows`, evenly spread.
  private static func spread(_ rows: [Int]) -> [Int] {
    let count = min(rows.count, importanceRowLimit)
    return (0..<count).map { rows[$0 * rows.count / count] }
  }

  /// The members of `model.json`: `column_findings`, and `feature_importance` and `preset_comparison` where they exist.
  public var json: JSONObject {
    var object: JSONObject = [
      "column_findings": .array(
        findings.map {
          [
            "feature": .string($0.feature), "finding": .string($0.kind.rawValue),
            "share": .number($0.share), "text": .string($0.description),
          ]
        })
    ]
    if let importance {
      object["feature_importance"] = .array(
        zip(featureNames, importance).map {
          ["feature": .string($0), "importance": .number($1)]
        })
    }
    if let presets { object["preset_comparison"] = presets.json }
    return object
  }
}
