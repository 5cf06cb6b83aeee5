public import JSON

/// A condition on a headline figure, such as `average_precision>=0.3`.
public struct MetricRequirement: Equatable, Sendable {
  /// The condition as it was written.
  public let text: String
  private let metric: String
  private let isUpperBound: Bool
  private let limit: Double

  private static let shortNames = ["ap": "average_precision", "auroc": "area_under_roc"]

  /// Reads `METRIC>=NUMBER` or `METRIC<=NUMBER`; `ap` and `auroc` are short names.
  public init?(parsing text: String) {
    guard let comparison = text.firstRange(of: ">=") ?? text.firstRange(of: "<=") else {
      return nil
    }
    func trimmed(_ part: Substring) -> String { part.split(separator: " ").joined(separator: " ") }
    let name = trimmed(text[..<comparison.lowerBound])
    guard let limit = Double(trimmed(text[comparison.upperBound...])), limit.isFinite,
      !name.isEmpty
    else { return nil }
    self.text = text
    metric = Self.shortNames[name] ?? name
    isUpperBound = text[comparison] == "<="
    self.limit = limit
  }

  /// Whether a `metrics.json` meets the condition; a figure that is missing or undefined does not.
  public func isMet(by metrics: JSONValue) -> Bool {
    guard let value = metrics["headline"]?[metric]?["value"]?.doubleValue else { return false }
    return isUpperBound ? value <= limit : value >= limit
  }
}
