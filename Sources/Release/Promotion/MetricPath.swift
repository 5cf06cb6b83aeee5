public import JSON

/// A place in a document of metrics: member names and array indices joined by dots, `headline.average_precision.value`.
public struct MetricPath: Hashable, Sendable, CustomStringConvertible {
  /// The steps from the root.
  public let components: [String]

  /// Reads a path; `nil` when it or one of its steps is empty.
  public init?(parsing text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard !parts.isEmpty, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    components = parts
  }

  /// The path as it is written.
  public var description: String { components.joined(separator: ".") }

  /// The value at this place of `document`, or `nil` when there is none; a JSON null counts as none.
  public func value(in document: JSONValue) -> JSONValue? {
    var current = document
    for component in components {
      if let member = current[component] {
        current = member
      } else if let elements = current.arrayValue, let index = Int(component),
        elements.indices.contains(index)
      {
        current = elements[index]
      } else {
        return nil
      }
    }
    return current == .null ? nil : current
  }

  /// The number at this place, or `nil` when there is none or it is no number.
  public func number(in document: JSONValue) -> Double? { value(in: document)?.doubleValue }

  /// The reason that a document gives for a missing number: the member `reason` beside the value, if there is one.
  func reason(in document: JSONValue) -> String? {
    guard components.count > 1 else { return nil }
    var beside = components
    beside[beside.count - 1] = "reason"
    return MetricPath(components: beside).value(in: document)?.stringValue
  }

  private init(components: [String]) { self.components = components }
}
