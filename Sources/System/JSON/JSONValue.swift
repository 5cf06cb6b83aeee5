/// A JSON document or a part of one (RFC 8259).
///
/// Integers that fit in 64 bits keep all their digits; every other number is a `Double`. Objects keep the order of
/// their members, so what is written twice from the same values has the same bytes.
public enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}

/// The members of a JSON object, in their order; a key occurs once.
public struct JSONObject: Equatable, Sendable {
  /// The members in document order.
  public private(set) var members: [(key: String, value: JSONValue)] = []

  /// Makes an object without members.
  public init() {}

  /// Makes an object of `members`; a later member replaces an earlier one of the same key.
  public init(_ members: some Sequence<(key: String, value: JSONValue)>) {
    for member in members { self[member.key] = member.value }
  }

  /// The value of `key`, or `nil` when the object has no such member; setting `nil` removes the member.
  ///
  /// - Complexity: O(members), which for the dozen members of a document beats a hash table.
  public subscript(key: String) -> JSONValue? {
    get { members.first { $0.key == key }?.value }
    set {
      let index = members.firstIndex { $0.key == key }
      switch (index, newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): members.append((key, value))
      case (nil, nil): break
      }
    }
  }

  /// Appends a member whose key is known to be new, without looking for it.
  public mutating func appendUnique(_ key: String, _ value: JSONValue) {
    members.append((key, value))
  }

  /// The keys in document order.
  public var keys: [String] { members.map(\.key) }

  public static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.members.count == right.members.count
      && zip(left.members, right.members).allSatisfy { $0.key == $1.key && $0.value == $1.value }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self.init(elements.map { (key: $0.0, value: $0.1) })
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(JSONObject(elements.map { (key: $0.0, value: $0.1) }))
  }
  public init(nilLiteral: ()) { self = .null }
}

extension JSONValue {
  /// The members when the value is an object.
  public var objectValue: JSONObject? { if case .object(let value) = self { value } else { nil } }

  /// The elements when the value is an array.
  public var arrayValue: [JSONValue]? { if case .array(let value) = self { value } else { nil } }

  /// The text when the value is a string.
  public var stringValue: String? { if case .string(let value) = self { value } else { nil } }

  /// The truth value when the value is one.
  public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// The integer when the value is one, or a number without a fraction that an `Int64` holds exactly.
  public var integerValue: Int64? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int64(exactly: value)
    default: nil
    }
  }

  /// The number, rounded to the nearest `Double` when it was written as a long integer.
  public var doubleValue: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The member `key` when the value is an object that has one.
  public subscript(key: String) -> JSONValue? { objectValue?[key] }

  /// What kind of value this is, for messages: never the value itself.
  public var kindName: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer: "an integer"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}
