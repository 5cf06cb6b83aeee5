internal import JSON
internal import Transactions

/// Reads the members of one settings object and refuses what nobody asked for.
struct SettingsReader {
  let path: String
  private let object: JSONObject
  private var asked: [String] = []

  init(_ json: JSONValue, path: String) throws(FeatureError) {
    guard let object = json.objectValue else {
      throw .invalidSetting(path: path, reason: "expected a mapping, found \(json.kindName)")
    }
    self.object = object
    self.path = path
  }

  func failure(_ key: String, _ reason: String) -> FeatureError {
    .invalidSetting(path: "\(path).\(key)", reason: reason)
  }

  mutating func value(_ key: String) -> JSONValue? {
    if !asked.contains(key) { asked.append(key) }
    return object[key]
  }

  mutating func text(_ key: String) throws(FeatureError) -> String? {
    guard let value = value(key) else { return nil }
    guard let text = value.stringValue else {
      throw failure(key, "expected text, found \(value.kindName)")
    }
    return text
  }

  mutating func requiredText(_ key: String) throws(FeatureError) -> String {
    guard let text = try text(key) else { throw failure(key, "is missing") }
    return text
  }

  mutating func choice<Choice: RawRepresentable & CaseIterable>(
    _ key: String, default fallback: Choice? = nil
  ) throws(FeatureError) -> Choice where Choice.RawValue == String {
    guard let text = try text(key) else {
      if let fallback { return fallback }
      throw failure(key, "is missing; one of \(list(Choice.self))")
    }
    guard let choice = Choice(rawValue: text) else {
      throw failure(key, "is not one of \(list(Choice.self))")
    }
    return choice
  }

  private func list<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type) -> String
  where Choice.RawValue == String {
    type.allCases.map(\.rawValue).joined(separator: ", ")
  }

  mutating func span(_ key: String, minimum: TimeSpan = TimeSpan(microseconds: 1))
    throws(FeatureError) -> TimeSpan?
  {
    guard let text = try text(key) else { return nil }
    return try SettingsReader.span(text, minimum: minimum, path: "\(path).\(key)")
  }

  static func span(_ text: String, minimum: TimeSpan, path: String) throws(FeatureError) -> TimeSpan
  {
    guard let span = TimeSpan(parsing: text), span >= minimum, span <= .days(36_500) else {
      throw .invalidSetting(
        path: path,
        reason: "expected a length of time such as 10min, 12h or 7d, from \(minimum) to 36500d")
    }
    return span
  }

  mutating func number(_ key: String, in range: ClosedRange<Double>, default fallback: Double)
    throws(FeatureError) -> Double
  {
    guard let value = value(key) else { return fallback }
    guard let number = value.doubleValue, range.contains(number) else {
      throw failure(key, "expected a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  mutating func money(_ key: String) throws(FeatureError) -> Money? {
    guard let value = value(key) else { return nil }
    let text: String? =
      switch value {
      case .integer(let number): String(number)
      case .number(let number): number.description
      default: value.stringValue
      }
    guard let text, let money = Money(parsing: text) else {
      throw failure(key, "expected an amount with at most six decimals, such as 100 or 49.90")
    }
    return money
  }

  mutating func integer(_ key: String, in range: ClosedRange<Int>, default fallback: Int)
    throws(FeatureError) -> Int
  {
    guard let value = value(key) else { return fallback }
    guard let number = value.integerValue, let integer = Int(exactly: number),
      range.contains(integer)
    else {
      throw failure(key, "expected an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return integer
  }

  mutating func flag(_ key: String, default fallback: Bool) throws(FeatureError) -> Bool {
    guard let value = value(key) else { return fallback }
    guard let flag = value.boolValue else {
      throw failure(key, "expected true or false, found \(value.kindName)")
    }
    return flag
  }

  mutating func texts(_ key: String) throws(FeatureError) -> [String]? {
    guard let value = value(key) else { return nil }
    if let text = value.stringValue { return [text] }
    guard let elements = value.arrayValue else {
      throw failure(key, "expected text or a list of texts, found \(value.kindName)")
    }
    var texts: [String] = []
    for element in elements {
      guard let text = element.stringValue else {
        throw failure(key, "expected a list of texts, found \(element.kindName) in it")
      }
      texts.append(text)
    }
    return texts
  }

  /// Throws when the object has a member that was not asked for.
  func finish() throws(FeatureError) {
    for key in object.keys where !asked.contains(key) {
      throw failure(key, "is no setting here; known are \(asked.joined(separator: ", "))")
    }
  }
}
