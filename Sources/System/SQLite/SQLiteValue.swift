/// A value that goes into a statement's placeholder or comes out of a column.
public enum SQLiteValue: Equatable, Sendable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])

  /// The text, or `null` for `nil`.
  public static func optional(_ text: String?) -> SQLiteValue { text.map { .text($0) } ?? .null }

  /// The whole number, or `null` for `nil`.
  public static func optional(_ number: Int64?) -> SQLiteValue {
    number.map { .integer($0) } ?? .null
  }

  /// The number, or `null` for `nil`.
  public static func optional(_ number: Double?) -> SQLiteValue {
    number.map { .real($0) } ?? .null
  }
}

extension SQLiteValue: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByStringLiteral, ExpressibleByNilLiteral
{
  /// Makes a whole number.
  public init(integerLiteral value: Int64) { self = .integer(value) }
  /// Makes a floating-point number.
  public init(floatLiteral value: Double) { self = .real(value) }
  /// Makes a text.
  public init(stringLiteral value: String) { self = .text(value) }
  /// Makes the null value.
  public init(nilLiteral: ()) { self = .null }
}
