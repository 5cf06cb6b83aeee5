public import JSON

/// Why a row has its score: the share of each feature, and the smallest change that would make it normal.
public struct Explanation: Equatable, Sendable {
  /// What one feature adds.
  public struct Part: Equatable, Sendable {
    /// Name of the feature.
    public let feature: String
    /// Its value in the row; NaN when it is missing.
    public let value: Double
    /// The text of a category, where it is known.
    public let category: String?
    /// What it adds, in the unit of the detector's `contributions(of:)`; positive makes the row more anomalous.
    public let contribution: Double

    /// The value for people: four significant digits, or the text of a category.
    public var valueText: String { category ?? Explanation.short(value) }
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
  /// The text of the category that the smallest change leads to.
  private let changedCategory: String?

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
    let forest = (model.detector as? IsolationForest)?.withThreshold(model.threshold)
    parts = order.map {
      Part(
        feature: names[$0], value: row[$0],
        category: forest?.categoryName(feature: $0, code: row[$0]),
        contribution: contributions[$0])
    }
    smallestChange = try forest?.smallestChange(of: row)
    changedCategory = smallestChange.flatMap {
      forest?.categoryName(feature: $0.feature, code: $0.normalValue)
    }
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
      let value = part.value.isNaN ? "is missing" : "= \(part.valueText)"
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
      + "\(changedCategory ?? Self.short(change.normalValue)) instead of "
      + "\(parts.first { $0.feature == featureNames[change.feature] }?.valueText ?? "") "
      + "(score \(Self.short(change.score)))."
  }

  /// Four significant digits.
  fileprivate static func short(_ value: Double) -> String {
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
            "feature": .string(part.feature),
            "value": part.category.map { .string($0) } ?? Self.number(part.value),
            "contribution": .number(part.contribution), "share": .number(share(of: part)),
          ]
        }),
      "sentence": .string(sentence),
    ]
    object["smallest_change"] =
      smallestChange.map { change in
        [
          "feature": .string(featureNames[change.feature]), "value": Self.number(change.value),
          "normal_value": changedCategory.map { .string($0) } ?? .number(change.normalValue),
          "score": .number(change.score),
          "crossed_cuts": .integer(Int64(change.crossedCutCount)),
        ]
      } ?? .null
    return .object(object)
  }

  private static func number(_ value: Double) -> JSONValue {
    value.isNaN ? .null : .number(value)
  }
}
