public import JSON
public import Transactions

/// Something that is expected of a snapshot before anything is trained on it.
public struct Expectation: Equatable, Sendable {
  /// How bad it is when the expectation does not hold.
  public enum Severity: String, Sendable {
    /// The run stops.
    case error
    /// The run goes on and tells.
    case warning
  }

  /// What is compared with what.
  public enum Check: Equatable, Sendable {
    /// Number of rows.
    case rowCount(ClosedRange<Double>)
    /// Share of the rows whose value is missing.
    case nullRate(column: String, maximum: Double)
    /// Share of the rows with a value outside `range`: amounts in units of money, times in Unix seconds.
    case range(column: String, range: ClosedRange<Double>, maximumRate: Double)
    /// Share of the rows whose text is none of `values`.
    case values(column: String, values: [String], maximumRate: Double)
    /// Share of the rows that arrived more than once.
    case duplicateRate(maximum: Double)
    /// Share of the rows that arrived after a later one.
    case outOfOrderRate(maximum: Double)
    /// Share of the known labels that are fraud.
    case fraudRate(ClosedRange<Double>)
    /// Rows as a multiple of the previous snapshot's; holds when there is none.
    case volume(ClosedRange<Double>)
    /// Time since the last transaction.
    case freshness(maximumAge: TimeSpan)
  }

  /// What is compared with what.
  public let check: Check
  /// How bad it is when it does not hold.
  public let severity: Severity

  /// Expects `check` with `severity`.
  public init(_ check: Check, severity: Severity = .error) {
    self.check = check
    self.severity = severity
  }

  /// What holds for any source that is worth training on.
  public static let standard: [Expectation] = [
    Expectation(.rowCount(1...(.infinity))),
    Expectation(
      .range(column: "occurred_at", range: 0...4_102_444_800, maximumRate: 0)),
    Expectation(
      .range(column: "amount", range: 0...(.infinity), maximumRate: 0.05), severity: .warning),
    Expectation(.duplicateRate(maximum: 0.01), severity: .warning),
    Expectation(.volume(0.5...(.infinity)), severity: .warning),
  ]
}

extension Expectation {
  /// Reads one expectation as it stands in a configuration, for example
  /// `{check: null_rate, column: merchant_id, max: 0.05, severity: warning}`.
  ///
  /// - Throws: `IngestionError.malformedExpectation`.
  public init(_ json: JSONValue) throws(IngestionError) {
    func refuse(_ reason: String) -> IngestionError { .malformedExpectation(reason: reason) }
    func number(_ key: String, default fallback: Double?) throws(IngestionError) -> Double {
      if let value = json[key]?.doubleValue { return value }
      guard json[key] == nil, let fallback else { throw refuse("\(key) must be a number") }
      return fallback
    }
    func bounds(_ prefix: String = "") throws(IngestionError) -> ClosedRange<Double> {
      guard json["min" + prefix] != nil || json["max" + prefix] != nil else {
        throw refuse("min\(prefix) or max\(prefix) is needed")
      }
      let lower = try number("min" + prefix, default: -.infinity)
      let upper = try number("max" + prefix, default: .infinity)
      guard lower <= upper else { throw refuse("min\(prefix) is above max\(prefix)") }
      return lower...upper
    }
    func column(_ isAllowed: (SnapshotColumn) -> Bool) throws(IngestionError) -> String {
      let columns = SnapshotColumn.allCases.filter(isAllowed).map(\.rawValue)
      guard let name = json["column"]?.stringValue, columns.contains(name) else {
        throw refuse("column must be one of \(columns.joined(separator: ", "))")
      }
      return name
    }
    var keys: Set<String> = ["check", "severity"]
    switch json["check"]?.stringValue {
    case "rows":
      check = .rowCount(try bounds())
      keys.formUnion(["min", "max"])
    case "null_rate":
      check = .nullRate(column: try column { _ in true }, maximum: try number("max", default: nil))
      keys.formUnion(["column", "max"])
    case "range":
      check = .range(
        column: try column { $0.isNumeric }, range: try bounds(),
        maximumRate: try number("max_rate", default: 0))
      keys.formUnion(["column", "min", "max", "max_rate"])
    case "values":
      let values = json["values"]?.arrayValue?.compactMap(\.stringValue) ?? []
      guard !values.isEmpty, values.count == json["values"]?.arrayValue?.count else {
        throw refuse("values must be a list of texts")
      }
      check = .values(
        column: try column { SnapshotColumn.texts.contains($0) }, values: values,
        maximumRate: try number("max_rate", default: 0))
      keys.formUnion(["column", "values", "max_rate"])
    case "duplicate_rate":
      check = .duplicateRate(maximum: try number("max", default: nil))
      keys.insert("max")
    case "out_of_order_rate":
      check = .outOfOrderRate(maximum: try number("max", default: nil))
      keys.insert("max")
    case "fraud_rate":
      check = .fraudRate(try bounds())
      keys.formUnion(["min", "max"])
    case "volume":
      check = .volume(try bounds("_ratio"))
      keys.formUnion(["min_ratio", "max_ratio"])
    case "freshness":
      guard let age = json["max_age"]?.stringValue.flatMap({ TimeSpan(parsing: $0) }) else {
        throw refuse("max_age must be a span of time such as 2d")
      }
      check = .freshness(maximumAge: age)
      keys.insert("max_age")
    default:
      throw refuse(
        "check must be rows, null_rate, range, values, duplicate_rate, out_of_order_rate, fraud_rate, volume or freshness"
      )
    }
    switch json["severity"]?.stringValue.flatMap(Severity.init(rawValue:)) {
    case let known?: severity = known
    case nil where json["severity"] == nil: severity = .error
    case nil: throw refuse("severity must be error or warning")
    }
    if let unknown = json.objectValue?.keys.first(where: { !keys.contains($0) }) {
      throw refuse("\(unknown) is no setting of this check")
    }
  }
}

extension SnapshotColumn {
  /// Whether the column holds numbers that a range can be expected of.
  var isNumeric: Bool {
    switch self {
    case .occurredAt, .amount, .latitude, .longitude, .labelledAt: true
    default: false
    }
  }
}
