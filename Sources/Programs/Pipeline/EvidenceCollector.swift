internal import Evaluation
internal import Features
internal import Files
internal import Ingestion
internal import JSON
internal import Models
internal import Promotion
internal import Registry
internal import Signatures
internal import Terminal
internal import Transactions

/// What gates want to know about a version besides its metrics; only what a policy asks for is looked up.
///
/// Figures are put below `facts` of the metrics, where the rules `at_least`, `at_most` and `not_older_than` find them:
///
///     facts.data.rows, .last_time, .duplicate_share, .out_of_range_share, .out_of_order_share,
///     facts.data.null_share.COLUMN
///     facts.drift.moved_features, .largest_psi
///     facts.scoring.microseconds_per_row, .model_bytes
struct EvidenceCollector {
  static let golden = "golden"
  static let signature = "signature"

  let configuration: LabConfiguration
  let layout: RegistryLayout
  let name: String
  let version: Int

  private var folder: String { layout.versionFolder(name, version) }

  func adding(factsFor policy: PromotionPolicy, to metrics: JSONValue) throws -> JSONValue {
    var facts = JSONObject()
    if policy.reads("facts.data") { facts["data"] = try dataFacts() }
    if policy.reads("facts.drift") { facts["drift"] = Self.driftFacts(metrics) }
    if policy.reads("facts.scoring") { facts["scoring"] = try scoringFacts() }
    guard !facts.members.isEmpty, var document = metrics.objectValue else { return metrics }
    document["facts"] = .object(facts)
    return .object(document)
  }

  func checks(
    for policy: PromotionPolicy
  ) throws -> [String: PromotionEvidence.Check] {
    var checks: [String: PromotionEvidence.Check] = [:]
    if policy.checkNames.contains(Self.golden) { checks[Self.golden] = goldenCheck() }
    if policy.checkNames.contains(Self.signature) { checks[Self.signature] = try signatureCheck() }
    return checks
  }

  // MARK: Facts

  private func dataFacts() throws -> JSONValue {
    let digest = try VersionLineage(ofVersionIn: folder).snapshotDigest
    let manifest = try SnapshotCollection(root: configuration.snapshotsFolder).open(digest).manifest
    let quality = manifest.quality
    func share(_ count: Int) -> JSONValue {
      .number(Double(count) / Double(max(manifest.rowCount, 1)))
    }
    return [
      "rows": .integer(Int64(manifest.rowCount)),
      "last_time": .string(manifest.lastTime.description),
      "duplicate_share": share(
        quality.duplicateCount + quality.relabelledCount + quality.replacedCount),
      "out_of_range_share": share(quality.outOfRangeCounts.values.reduce(0, +)),
      "out_of_order_share": share(quality.outOfOrderCount),
      "null_share": .object(
        JSONObject(
          (manifest.json["columns"]?.arrayValue ?? []).compactMap(\.stringValue).map { column in
            (key: column, value: share(quality.nullCounts[column] ?? 0))
          })),
    ]
  }

  private static func driftFacts(_ metrics: JSONValue) -> JSONValue? {
    guard let rows = EvaluationReport.driftedFeatures(in: metrics) else { return nil }
    let moved = rows.count { $0["verdict"]?.stringValue == "moved" }
    return [
      "moved_features": .integer(Int64(moved)),
      "largest_psi": .number(rows.compactMap { $0["psi"]?.doubleValue }.max() ?? 0),
    ]
  }

  private func scoringFacts() throws -> JSONValue {
    let model = try ScoringModel(loadingFrom: folder)
    let row = [Double](repeating: 0, count: model.features.names.count)
    // The median of many single rows: what a request costs, whatever else the machine does meanwhile.
    let times = try (0..<201).map { _ in
      let start = Terminal.monotonicSeconds
      _ = try model.assess(row)
      return (Terminal.monotonicSeconds - start) * 1e6
    }.sorted()
    let files = ["model.json", "model.safetensors"]
    let byteCount = try files.reduce(0) { try $0 + FileSystem.byteCount(of: "\(folder)/\($1)") }
    return [
      "microseconds_per_row": .number(times[times.count / 2]),
      "model_bytes": .integer(Int64(byteCount)),
    ]
  }

  // MARK: Checks

  private func goldenCheck() -> PromotionEvidence.Check {
    do {
      // Reading a model compares its golden scores.
      _ = try ScoringModel(loadingFrom: folder)
      return .init(isPassed: true, note: "the stored scores come out bit for bit")
    } catch {
      return .init(isPassed: false, note: "\(error)")
    }
  }

  private func signatureCheck() throws -> PromotionEvidence.Check {
    guard let policy = configuration.signatures else {
      return .init(isPassed: false, note: "the configuration names no signatures.public_key")
    }
    switch try layout.signatureStatus(of: name, version, key: policy.key()) {
    case .valid: return .init(isPassed: true, note: "signed with \(policy.publicKeyPath)")
    case .missing: return .init(isPassed: false, note: "not signed; use anomalyze sign")
    case .invalid(let reason): return .init(isPassed: false, note: reason)
    }
  }
}

extension PromotionPolicy {
  fileprivate func reads(_ place: String) -> Bool {
    MetricPath(parsing: place).map { reads(below: $0) } ?? false
  }
}
