public import JSON
internal import Transactions

extension Expectation {
  /// The names of the checks, as configurations use them.
  public static let checkNames = [
    "rows", "schema", "null_rate", "plausible", "range", "values", "duplicate_rate",
    "out_of_order_rate", "fraud_rate", "volume", "freshness",
  ]

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
    func columns(_ key: String) throws(IngestionError) -> [String] {
      guard let list = json[key] else { return [] }
      let names = list.arrayValue?.compactMap(\.stringValue) ?? []
      guard names.count == list.arrayValue?.count,
        names.allSatisfy({ SnapshotColumn(rawValue: $0) != nil })
      else {
        let known = SnapshotColumn.allCases.map(\.rawValue).joined(separator: ", ")
        throw refuse("\(key) must be a list of columns: \(known)")
      }
      return names
    }
    var keys: Set<String> = ["check", "severity"]
    switch json["check"]?.stringValue {
    case "rows":
      check = .rowCount(try bounds())
      keys.formUnion(["min", "max"])
    case "schema":
      check = .schema(required: try columns("required"), optional: try columns("optional"))
      keys.formUnion(["required", "optional"])
    case "plausible":
      check = .implausibleRate(
        column: try column { DataQuality.rangeColumns.contains($0) },
        maximum: try number("max_rate", default: 0))
      keys.formUnion(["column", "max_rate"])
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
      let count = try number("last", default: 4)
      guard (1...1_000).contains(count), count == count.rounded() else {
        throw refuse("last must be a whole number from 1 to 1000")
      }
      check = .volume(try bounds("_ratio"), count: Int(count))
      keys.formUnion(["min_ratio", "max_ratio", "last"])
    case "freshness":
      guard let age = json["max_age"]?.stringValue.flatMap({ TimeSpan(parsing: $0) }) else {
        throw refuse("max_age must be a span of time such as 2d")
      }
      check = .freshness(maximumAge: age)
      keys.insert("max_age")
    default:
      throw refuse("check must be one of \(Self.checkNames.joined(separator: ", "))")
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
