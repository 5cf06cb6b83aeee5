/// The types that can be decoded, by their object identifiers in `pg_type`, which never change.
enum WireType: UInt32 {
  case bool = 16
  case name = 19
  case int8 = 20
  case int2 = 21
  case int4 = 23
  case text = 25
  case json = 114
  case float4 = 700
  case float8 = 701
  case blankPaddedCharacter = 1042
  case varchar = 1043
  case date = 1082
  case timestamp = 1114
  case timestampWithTimeZone = 1184
  case numeric = 1700
  case uuid = 2950
  case jsonb = 3802

  /// Whether a column of this type can be read as `kind`.
  func canBecome(_ kind: PostgreSQLColumn.Kind) -> Bool {
    switch (kind, self) {
    case (.integer, .int2), (.integer, .int4), (.integer, .int8): true
    case (.double, .int2), (.double, .int4), (.double, .int8), (.double, .float4),
      (.double, .float8), (.double, .numeric):
      true
    case (.millionths, .int2), (.millionths, .int4), (.millionths, .int8), (.millionths, .float4),
      (.millionths, .float8), (.millionths, .numeric):
      true
    case (.microseconds, .timestampWithTimeZone), (.microseconds, .timestamp),
      (.microseconds, .date):
      true
    case (.flag, .bool), (.flag, .int2), (.flag, .int4), (.flag, .int8): true
    case (.dictionary, _), (.text, _): isTextual
    default: false
    }
  }

  /// Whether the bytes on the wire are the text.
  var isPlainText: Bool {
    switch self {
    case .text, .varchar, .blankPaddedCharacter, .name, .json: true
    default: false
    }
  }

  /// Whether a value of this type read as text is what the server's cast to text gives.
  var isTextAsCast: Bool {
    switch self {
    case .text, .varchar, .uuid, .int2, .int4, .int8: true
    default: false
    }
  }

  private var isTextual: Bool {
    switch self {
    case .text, .varchar, .blankPaddedCharacter, .name, .json, .jsonb, .uuid, .int2, .int4, .int8:
      true
    default: false
    }
  }
}
