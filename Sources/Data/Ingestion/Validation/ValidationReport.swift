public import JSON
public import Transactions

/// What became of the expectations of a snapshot.
public struct ValidationReport: Equatable, Sendable {
  /// The answer to one expectation.
  public struct Finding: Equatable, Sendable {
    /// What was expected.
    public let expectation: Expectation
    /// Whether it holds.
    public let isMet: Bool
    /// What was found, as a sentence with numbers; no row's contents.
    public let text: String
  }

  /// One finding for each expectation, in their order.
  public let findings: [Finding]

  /// Whether no expectation of severity `error` failed.
  public var isPassed: Bool {
    findings.allSatisfy { $0.isMet || $0.expectation.severity != .error }
  }

  /// Texts of the expectations that failed with `severity`.
  public func failures(_ severity: Expectation.Severity) -> [String] {
    findings.filter { !$0.isMet && $0.expectation.severity == severity }.map(\.text)
  }

  /// Stops the run when an expectation of severity `error` failed.
  ///
  /// - Throws: `IngestionError.validationFailed` with all of them.
  public func requirePassed() throws(IngestionError) {
    if !isPassed { throw IngestionError.validationFailed(findings: failures(.error)) }
  }

  /// How many expectations hold, in a few words.
  public var summary: String {
    let warnings = failures(.warning).count
    return "\(findings.count { $0.isMet }) of \(findings.count) expectations hold"
      + (warnings > 0 ? ", \(warnings) warned" : "")
  }

  /// The findings as JSON.
  public var json: JSONValue {
    .array(
      findings.map { finding in
        [
          "severity": .string(finding.expectation.severity.rawValue), "met": .bool(finding.isMet),
          "finding": .string(finding.text),
        ]
      })
  }

  /// Holds `snapshot` against `expectations`.
  ///
  /// - Parameters:
  ///   - expectations: What is expected.
  ///   - snapshot: The rows; they are read once, and only when an expectation needs their values.
  ///   - history: The manifests of earlier snapshots of the source, newest first, for the volume.
  ///   - now: The present moment, for the freshness.
  /// - Throws: `IngestionError.corruptSnapshot`.
  public init(
    _ expectations: [Expectation], of snapshot: Snapshot, history: [SnapshotManifest],
    now: Timestamp
  ) throws(IngestionError) {
    var violations = [Int](repeating: 0, count: expectations.count)
    if expectations.contains(where: \.check.needsRows) {
      for index in snapshot.manifest.parts.indices {
        let batch = try snapshot.batch(at: index)
        for (number, expectation) in expectations.enumerated() {
          violations[number] += expectation.check.violationCount(in: batch)
        }
      }
    }
    findings = zip(expectations, violations).map { expectation, violationCount in
      let (isMet, text) = expectation.check.judge(
        snapshot.manifest, violationCount: violationCount, history: history, now: now)
      return Finding(expectation: expectation, isMet: isMet, text: text)
    }
  }
}

extension Expectation.Check {
  fileprivate var needsRows: Bool {
    switch self {
    case .range, .values: true
    default: false
    }
  }

  /// Rows of `batch` that are not as expected; missing values are none of them.
  fileprivate func violationCount(in batch: TransactionBatch) -> Int {
    switch self {
    case .range(let column, let range, _):
      switch SnapshotColumn(rawValue: column) {
      case .occurredAt: batch.times.count { !range.contains(Double($0) / 1e6) }
      case .labelledAt: batch.labelTimes.count { $0 != .max && !range.contains(Double($0) / 1e6) }
      case .amount: batch.amounts.count { !range.contains(Double($0) / 1e6) }
      case .latitude: batch.latitudes.count { !$0.isNaN && !range.contains($0) }
      case .longitude: batch.longitudes.count { !$0.isNaN && !range.contains($0) }
      default: 0
      }
    case .values(let name, let values, _):
      SnapshotColumn(rawValue: name).map { column in
        let column = batch.texts(of: column)
        let isAllowed = column.dictionary.map { values.contains($0) }
        return column.codes.count { $0 >= 0 && !isAllowed[Int($0)] }
      } ?? 0
    default: 0
    }
  }

  fileprivate func judge(
    _ manifest: SnapshotManifest, violationCount: Int, history: [SnapshotManifest], now: Timestamp
  ) -> (isMet: Bool, text: String) {
    let rows = Double(manifest.rowCount)
    let quality = manifest.quality
    func limited(_ count: Int, _ what: String, _ maximum: Double) -> (Bool, String) {
      let rate = Double(count) / max(rows, 1)
      return (
        rate <= maximum,
        "\(count) of \(manifest.rowCount) rows \(what) (at most \(percent(maximum)))"
      )
    }
    switch self {
    case .rowCount(let range):
      return (range.contains(rows), "\(manifest.rowCount) rows (\(text(range)))")
    case .schema(let required, let optional):
      return judgeSchema(manifest, required: required, optional: optional)
    case .implausibleRate(let column, let maximum):
      return limited(
        quality.outOfRangeCounts[column] ?? 0, "have an implausible \(column)", maximum)
    case .nullRate(let column, let maximum):
      return limited(quality.nullCounts[column] ?? 0, "have no \(column)", maximum)
    case .range(let column, let range, let maximum):
      return limited(violationCount, "have \(column) outside \(text(range))", maximum)
    case .values(let column, let values, let maximum):
      return limited(
        violationCount, "have \(column) other than the \(values.count) expected values", maximum)
    case .duplicateRate(let maximum):
      let count = quality.duplicateCount + quality.relabelledCount + quality.replacedCount
      return limited(count, "arrived more than once", maximum)
    case .outOfOrderRate(let maximum):
      return limited(quality.outOfOrderCount, "arrived after a later one", maximum)
    case .fraudRate(let range):
      guard manifest.labelCount > 0 else { return (true, "no labels to judge the fraud rate by") }
      let rate = Double(manifest.fraudCount) / Double(manifest.labelCount)
      return (
        range.contains(rate),
        "\(manifest.fraudCount) of \(manifest.labelCount) labels are fraud (\(text(range)))"
      )
    case .volume(let range, let count):
      let before = history.prefix(count).map(\.rowCount).sorted()
      guard !before.isEmpty, case let median = before[before.count / 2], median > 0 else {
        return (true, "no earlier snapshot to compare the number of rows with")
      }
      return (
        range.contains(rows / Double(median)),
        "\(manifest.rowCount) rows where the last \(before.count) snapshots have \(median) (ratio \(text(range)))"
      )
    case .freshness(let maximumAge):
      return (
        now - manifest.lastTime <= maximumAge,
        "the last transaction is of \(manifest.lastTime) (at most \(maximumAge) old)"
      )
    }
  }

  private func judgeSchema(
    _ manifest: SnapshotManifest, required: [String], optional: [String]
  ) -> (isMet: Bool, text: String) {
    let nulls = manifest.quality.nullCounts
    let gaps = required.filter { nulls[$0, default: 0] > 0 }
    let undeclared = DataQuality.nullableColumns.map(\.rawValue).filter {
      !required.contains($0) && !optional.contains($0)
        && nulls[$0, default: 0] < manifest.rowCount
    }
    var findings: [String] = []
    if !gaps.isEmpty {
      findings.append("rows without the required \(gaps.joined(separator: ", "))")
    }
    if !undeclared.isEmpty {
      findings.append("values in the undeclared \(undeclared.joined(separator: ", "))")
    }
    return findings.isEmpty
      ? (true, "the columns are those declared") : (false, findings.joined(separator: "; "))
  }

  private func percent(_ rate: Double) -> String { "\((rate * 10_000).rounded() / 100) %" }

  private func text(_ range: ClosedRange<Double>) -> String {
    func number(_ value: Double) -> String {
      Int64(exactly: value).map { String($0) } ?? value.description
    }
    if range.upperBound == .infinity { return "at least \(number(range.lowerBound))" }
    if range.lowerBound == -.infinity { return "at most \(number(range.upperBound))" }
    return "\(number(range.lowerBound)) to \(number(range.upperBound))"
  }
}
