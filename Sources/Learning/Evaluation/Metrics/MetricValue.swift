public import JSON

/// A figure, or the reason why there is none: never NaN.
public enum MetricValue: Equatable, Sendable {
  /// A finite number.
  case value(Double)
  /// Why the figure is not defined for these rows.
  case undefined(String)

  /// The number, or `nil`.
  public var value: Double? { if case .value(let value) = self { value } else { nil } }

  /// Why there is no number, or `nil`.
  public var reason: String? { if case .undefined(let reason) = self { reason } else { nil } }

  /// `{"value": 0.5}`, or `{"value": null, "reason": "…"}`.
  public var json: JSONObject {
    switch self {
    case .value(let value): ["value": .number(value)]
    case .undefined(let reason): ["value": nil, "reason": .string(reason)]
    }
  }

  static func ratio(_ numerator: Double, _ denominator: Double, otherwise reason: String)
    -> MetricValue
  {
    denominator > 0 ? .value(numerator / denominator) : .undefined(reason)
  }
}
