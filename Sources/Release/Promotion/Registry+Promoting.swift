import Files
public import JSON
public import Registry

extension Registry {
  /// Asks the gates and, when they agree, moves the alias.
  ///
  /// The gates compare with the champion, whatever alias is asked for. What they compared with is what the alias moves
  /// from: if somebody moves it in between, nothing happens and `RegistryError.aliasMoved` says so. Asking for what is
  /// already so asks no gate and writes nothing.
  ///
  /// - Throws: `RegistryError`, or `PromotionError.malformedMetrics`, or `reasonMissing` when forcing without a reason.
  public func promote(
    _ request: PromotionRequest, by policy: PromotionPolicy
  ) throws -> PromotionResult {
    let candidate = try version(request.name, request.version)
    let current = try alias(request.alias, of: request.name)
    var request = request
    request.expectedSequence = request.expectedSequence ?? current?.sequence ?? 0
    if current?.version == request.version { return try settle(nil, request) }
    let champion = try alias(RegistryName.champion, of: request.name)
    if let measured = request.champion, measured.version != champion?.version {
      throw PromotionError.championMoved(
        request.name, measured: measured.version, present: champion?.version)
    }
    let evidence = PromotionEvidence(
      challenger: try request.challengerMetrics ?? metrics(of: request.name, request.version),
      champion: try champion.map { champion in
        try request.champion?.metrics ?? metrics(of: request.name, champion.version)
      },
      checks: request.checks,
      approvers: Set(try approvals(of: request.name, request.version).map(\.actor)),
      trainer: candidate.createdBy, moment: request.moment)
    return try settle(policy.decide(evidence), request)
  }

  /// Carries out what the gates decided: moves the alias, or records the refusal; both with the decision.
  private func settle(
    _ decision: PromotionDecision?, _ request: PromotionRequest
  ) throws -> PromotionResult {
    if request.isForced && request.reason.isEmpty { throw PromotionError.reasonMissing }
    let current = try alias(request.alias, of: request.name)
    let sequence = current?.sequence ?? 0
    if let expected = request.expectedSequence, expected != sequence {
      throw RegistryError.aliasMoved(
        request.name, request.alias, expected: expected, actual: sequence,
        version: current?.version)
    }
    func result(_ status: PromotionResult.Status, _ sequence: Int) -> PromotionResult {
      PromotionResult(
        status: status, decision: decision, fromVersion: current?.version,
        version: request.version, sequence: sequence)
    }
    guard let decision, current?.version != request.version else {
      return result(.unchanged, sequence)
    }
    let isAllowed = decision.isAccepted || request.isForced
    if request.isDryRun { return result(isAllowed ? .wouldPromote : .wouldRefuse, sequence) }
    var record = decision.json.objectValue ?? [:]
    let champion = try alias(RegistryName.champion, of: request.name)?.version
    record["compared_with"] = champion.map { .integer(Int64($0)) } ?? .null
    guard isAllowed else {
      try recordRefusal(
        of: request.alias, request.name, request.version, decision: .object(record),
        by: request.actor, reason: request.reason, at: request.moment)
      return result(.refused, sequence)
    }
    if !decision.isAccepted { record["forced"] = true }
    let change = try setAlias(
      request.alias, of: request.name, to: request.version, by: request.actor,
      reason: request.reason, expecting: sequence, decision: .object(record), at: request.moment)
    return result(decision.isAccepted ? .promoted : .forced, change.sequence)
  }

  /// The `metrics.json` of a version; an empty document when it has none, which no gate about a metric passes.
  public func metrics(of name: String, _ version: Int) throws -> JSONValue {
    let path = layout.versionFolder(name, version) + "/metrics.json"
    guard FileSystem.exists(path) else { return [:] }
    do {
      return try JSONValue(parsing: FileSystem.read(path))
    } catch let error as JSONError {
      throw PromotionError.malformedMetrics(path: path, reason: error.description)
    }
  }
}
