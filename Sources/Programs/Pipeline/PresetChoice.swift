internal import Evaluation
public import JSON
internal import Models
public import Tabular
public import Training

/// An isolation forest whose preset the training rows choose (`preset: auto`).
public struct PresetChoice: Equatable, Sendable {
  /// What the configuration sets besides the preset.
  public let settings: JSONObject

  /// Fewer known anomalies than this say too little about presets: they are compared by stability then.
  static let leastAnomalyCount = 10

  /// Checks the settings with every preset.
  ///
  /// - Throws: `TrainingError` naming the parameter.
  public init(settings: JSONObject) throws(TrainingError) {
    self.settings = settings
    for preset in IsolationForestParameters.Preset.allCases { _ = try parameters(preset) }
  }

  private func parameters(
    _ preset: IsolationForestParameters.Preset
  ) throws(TrainingError) -> IsolationForestParameters {
    var object = settings
    object["preset"] = .string(preset.rawValue)
    return try IsolationForestParameters(.object(object))
  }

  /// Fits every preset on the rows and compares them: by average precision where enough labels are known, else by
  /// stability.
  public func compare(
    on matrix: Matrix<Double>, featureNames: [String], rowKeys: [UInt64], labels: [Bool],
    threadCount: Int
  ) throws(TrainingError) -> PresetComparison {
    var presets: [(IsolationForestParameters.Preset, IsolationForestParameters)] = []
    for preset in IsolationForestParameters.Preset.allCases {
      presets.append((preset, try parameters(preset)))
    }
    let anomalyCount = labels.count { $0 }
    let isJudgedByLabels = anomalyCount >= Self.leastAnomalyCount && anomalyCount < labels.count
    return try PresetComparison(
      presets, on: matrix, featureNames: featureNames, rowKeys: rowKeys, threadCount: threadCount,
      quality: isJudgedByLabels
        ? { scores in
          (try? RankingMetrics.averagePrecision(scores: scores, labels: labels).value) ?? 0
        } : nil)
  }
}

extension PresetComparison {
  /// How the presets did, for `model.json`.
  var json: JSONValue {
    [
      "chosen": .string(best.preset.rawValue),
      "criterion": .string(criterion.rawValue),
      "candidates": .array(
        candidates.map {
          ["preset": .string($0.preset.rawValue), "quality": .number($0.quality)]
        }),
    ]
  }
}
