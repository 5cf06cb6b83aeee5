/// One column of rows that came out of a `COPY`, in the form that was asked for.
public struct PostgreSQLColumn: Sendable {
  /// The form in which values are wanted.
  public enum Kind: Equatable, Sendable {
    /// Whole numbers, in `integers`. From int2, int4, int8.
    case integer
    /// Floating-point numbers, in `doubles`; null is NaN. From integers, float4, float8, numeric.
    case double
    /// Exact millionths of the number, in `integers`. From integers, numeric; from float4 and float8 to the nearest.
    case millionths
    /// Microseconds since 1970 in UTC, in `integers`. From timestamptz, date, and timestamp, which is read as UTC.
    case microseconds
    /// 0 or 1, in `integers`. From bool and from integers, where anything but 0 is 1.
    case flag
    /// Texts that repeat, in `codes` and `dictionary`; the code of null is −1. From text types, json, integers and uuid.
    case dictionary
    /// Texts that do not repeat, in `texts`; null is the empty text. From the same types.
    case text
  }

  /// A column that is wanted from a query.
  public struct Request: Equatable, Sendable {
    /// Name in the query's result.
    public let name: String
    /// The wanted form.
    public let kind: Kind
    /// Whether null is a value, or an error.
    public let isNullable: Bool

    /// Asks for the column `name`.
    public init(_ name: String, _ kind: Kind, isNullable: Bool = false) {
      self.name = name
      self.kind = kind
      self.isNullable = isNullable
    }
  }

  /// Identifiers, categories and places are short: a longer text is a mistake, and would fill the memory.
  public static let maximumTextByteCount = 65_536

  /// What was asked for.
  public let request: Request
  /// Whole numbers; 0 where null.
  public internal(set) var integers: [Int64] = []
  /// Floating-point numbers; NaN where null.
  public internal(set) var doubles: [Double] = []
  /// Per row an index of `dictionary`, or −1 for null.
  public internal(set) var codes: [Int32] = []
  /// The distinct texts, in order of first appearance in this batch and those before it.
  public internal(set) var dictionary: [String] = []
  /// Columns of one generation of one `PostgreSQLDictionaries` have dictionaries of which the longer begins with the shorter.
  public internal(set) var generation = 0
  /// The texts; empty where null.
  public internal(set) var texts: [String] = []
  /// Rows that are null, ascending.
  public internal(set) var nullRows: [Int32] = []

  /// Makes an empty column with room for `capacity` rows.
  init(_ request: Request, reservingCapacity capacity: Int) {
    self.request = request
    switch request.kind {
    case .integer, .millionths, .microseconds, .flag: integers.reserveCapacity(capacity)
    case .double: doubles.reserveCapacity(capacity)
    case .dictionary: codes.reserveCapacity(capacity)
    case .text: texts.reserveCapacity(capacity)
    }
  }
}

/// What to do with a NaN or infinite number or an infinite moment where an exact one is wanted.
public enum PostgreSQLSpecialValues: Equatable, Sendable {
  /// Stop with an error that names the column and the row.
  case refuse
  /// Take it for null, in a column that may be null.
  case asNull
}
