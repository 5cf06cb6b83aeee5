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
    /// Which columns have values: `required` in every row, `optional` in some; any other column in none. Identifier, time, user
    /// and amount always have.
    case schema(required: [String], optional: [String])
    /// Share of the rows whose value is missing.
    case nullRate(column: String, maximum: Double)
    /// Share of the rows whose value was found implausible when the snapshot was written: see `DataQuality.outOfRangeCounts`.
    case implausibleRate(column: String, maximum: Double)
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
    /// Rows as a multiple of the median of the last `count` snapshots of the source; holds when there is none.
    case volume(ClosedRange<Double>, count: Int)
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
    Expectation(.implausibleRate(column: "occurred_at", maximum: 0)),
    Expectation(.implausibleRate(column: "amount", maximum: 0.05), severity: .warning),
    Expectation(.duplicateRate(maximum: 0.01), severity: .warning),
    Expectation(.volume(0.5...(.infinity), count: 4), severity: .warning),
  ]

  /// Reads the setting `validation`: `standard`, or a list of expectations in which `standard` stands for all of those.
  ///
  /// - Throws: `IngestionError.malformedExpectation` with the place in the list.
  public static func list(_ json: JSONValue) throws(IngestionError) -> [Expectation] {
    if json.stringValue == "standard" { return standard }
    guard let elements = json.arrayValue else {
      throw .malformedExpectation(
        reason: "expected `standard` or a list of checks, found \(json.kindName)")
    }
    var expectations: [Expectation] = []
    for (index, element) in elements.enumerated() {
      if element.stringValue == "standard" {
        expectations += standard
        continue
      }
      do {
        expectations.append(try Expectation(element))
      } catch {
        guard case .malformedExpectation(let reason) = error else { throw error }
        throw .malformedExpectation(reason: "entry \(index + 1): \(reason)")
      }
    }
    return expectations
  }
}
