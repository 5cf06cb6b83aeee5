public import JSON

/// Why a row has its score: the share of each feature, and the smallest change that would make it normal.
public struct Explanation: Equatable, Sendable {
  /// What one feature adds.
  public struct Part: Equatable, Sendable {
    /// Name of the feature.
    public let feature: String
    /// Its value in the row; NaN when it is missing.
    public let value: Double
    /// What it adds, in the unit of the detector's `contributions(of:)`; positive makes the row more anomalous.
    public let contribution: Double
  }

  /// The anomaly score.
  public let score: Double
  /// Rows that score higher are anomalies.
  public let threshold: Double
  /// The features, the largest contribution first.
  public let parts: [Part]
  /// The smallest change of one feature that would bring the score to the threshold; `nil` when the row is normal, when no
  /// single feature can, or when the detector is no forest.
  public let smallestChange: FeatureChange?
  private let featureNames: [String]

  /// Explains the score of `row`.
  ///
  /// - Throws: `ModelError.featureCountMismatch` or `.invalidValue`.
  public init(of row: [Double], by model: TrainedDetector) throws(ModelError) {
    let contributions = try model.detector.contributions(of: row)
    featureNames = model.detector.featureNames
    score = try model.score(of: row)
    threshold = model.threshold
    let order = contributions.indices.sorted {
      (-contributions[$0], $0) < (-contributions[$1], $1)
    }
    let names = featureNames
    parts = order.map {
      Part(feature: names[$0], value: row[$0], contribution: contributions[$0])
    }
    let forest = (model.detector as? IsolationForest)?.withThreshold(model.threshold)
    smallestChange = try forest?.smallestChange(of: row)
  }

  /// Whether the score is above the threshold.
  public var isAnomaly: Bool { score > threshold }

  /// What part of all positive contributions a feature has.
  public func share(of part: Part) -> Double {
    let total = parts.reduce(0) { $0 + max(0, $1.contribution) }
    return total > 0 ? max(0, part.contribution) / total : 0
  }

  /// Score, causes and remedy in a sentence or two.
  public var sentence: String {
    let relation = isAnomaly ? "is above" : "is not above"
    var text =
      "The score \(Self.short(score)) \(relation) the threshold \(Self.short(threshold))"
    let causes = parts.prefix(3).filter { share(of: $0) >= 0.05 }.map { part in
      let percent = Int((share(of: part) * 100).rounded())
      let value = part.value.isNaN ? "is missing" : "= \(Self.short(part.value))"
      return "\(part.feature) \(value) (\(percent) %)"
    }
    if !causes.isEmpty {
      text += "; what speaks most for an anomaly is " + causes.joined(separator: ", ")
    }
    guard isAnomaly else { return text + "." }
    guard let change = smallestChange else {
      return text + ". No change of a single feature is known that would make it normal."
    }
    return text + ". It would be normal with \(featureNames[change.feature]) = "
      + "\(Self.short(change.normalValue)) instead of \(Self.short(change.value)) "
      + "(score \(Self.short(change.score)))."
  }

  /// Four significant digits.
  private static func short(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return "\(value)" }
    var scale = 1.0
    var magnitude = value.magnitude
    while magnitude < 1000 && scale < 1e15 {
      magnitude *= 10
      scale *= 10
    }
    guard magnitude < 1e15 else { return "\(value)" }
    let rounded = (value * scale).rounded() / scale
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  }

  /// Everything as JSON; `name` of the change is the feature's.
  public var json: JSONValue {
    var object: JSONObject = [
      "score": .number(score), "threshold": .number(threshold), "is_anomaly": .bool(isAnomaly),
      "contributions": .array(
        parts.map { part in
          [
            "feature": .string(part.feature), "value": Self.number(part.value),
            "contribution": .number(part.contribution), "share": .number(share(of: part)),
          ]
        }),
      "sentence": .string(sentence),
    ]
    object["smallest_change"] =
      smallestChange.map { change in
        [
          "feature": .string(featureNames[change.feature]), "value": Self.number(change.value),
          "normal_value": .number(change.normalValue), "score": .number(change.score),
          "crossed_cuts": .integer(Int64(change.crossedCutCount)),
        ]
      } ?? .null
    return .object(object)
  }

  private static func number(_ value: Double) -> JSONValue {
    value.isNaN ? .null : .number(value)
  }
}
