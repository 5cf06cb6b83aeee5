internal import Arguments
internal import Evaluation
internal import Files
internal import JSON
internal import Models
internal import Pipeline
internal import Promotion
internal import Registry
internal import Terminal
internal import Transactions

extension LabCommand {
  func listModels() throws {
    let registry = try registry(configuration(), access: .readOnly)
    var table = TextTable(
      ["version", "detector", "AUROC", "AP", "aliases", "created", "by"], rightAligned: [2, 3])
    var documents: [JSONValue] = []
    for model in try registry.models() {
      for version in try registry.versions(of: model.name) {
        let metrics = try Self.metrics(registry.layout.versionFolder(model.name, version.version))
        let aliases = model.aliases.filter { $0.version == version.version }.map(\.alias)
        table.append([
          "\(model.name)/\(version.version)", version.tags["detector"] ?? "-",
          Self.figure("area_under_roc", metrics), Self.figure("average_precision", metrics),
          aliases.joined(separator: " "), version.createdAt.description, version.createdBy,
        ])
      }
      documents.append(model.json)
    }
    show(
      .array(documents),
      documents.isEmpty ? "no models yet; make one with anomalyze retrain\n" : table.text)
  }

  /// The figures of a version; an unreadable file shows as none, so that a list always comes.
  private static func metrics(_ folder: String) throws -> JSONValue {
    (try? JSONValue(parsing: FileSystem.read(folder + "/metrics.json"))) ?? [:]
  }

  func showModel() throws {
    let registry = try registry(configuration(), access: .readOnly)
    let resolved = try registry.resolve(values.required("MODEL"))
    let version = try registry.version(resolved.name, resolved.version)
    let metrics = try Self.metrics(resolved.folder)
    let lineage = try VersionLineage(ofVersionIn: resolved.folder)
    let aliases = try registry.aliases(of: resolved.name).filter {
      $0.version == resolved.version
    }.map(\.alias)
    let decisions = try registry.decisions(of: resolved.name, resolved.version)
    let text = """
      \(resolved.name)/\(resolved.version)  \(aliases.joined(separator: " "))
      digest    \(resolved.digest)
      created   \(version.createdAt) by \(version.createdBy)
      folder    \(resolved.folder)
      report    \(resolved.folder)/report.html
      snapshot  \(lineage.snapshotDigest)
      training  \(lineage.split.training.lowerBound.dateText)..\(lineage.split.training.upperBound.dateText)
      test      \(lineage.split.test.lowerBound.dateText)..\(lineage.split.test.upperBound.dateText), \
      labels \(lineage.split.delay) late
      detector  \(lineage.detector.text())

      \(Self.headlineText(metrics))
      """
    show(
      [
        "version": version.json, "aliases": .array(aliases.map { .string($0) }),
        "lineage": lineage.json, "metrics": metrics, "decisions": .array(decisions),
      ], text)
  }

  func promote() throws -> ExitCode {
    let configuration = try configuration()
    let name = values.required("NAME")
    let alias = values.text("--to") ?? "champion"
    let isForced = values.isOn("--force")
    let reason = values.text("--reason") ?? ""
    if isForced && reason.isEmpty {
      throw UsageError("--force needs --reason TEXT; the audit trail keeps it")
    }
    let registry = try registry(configuration)
    guard let version = try values.integer("--version", in: 1...Int(Int32.max)) else {
      let newest = try registry.versions(of: name).map { String($0.version) }
      throw UsageError(
        "--version is missing; \(name) has the versions \(newest.joined(separator: ", "))")
    }
    let context = try context()
    if try registry.alias(alias, of: name)?.version == version {
      show(
        ["action": "unchanged", "version": .integer(Int64(version))],
        "\(name)@\(alias) is version \(version) already\n")
      return .success
    }
    let stage = PromotionStage(configuration: configuration, context: context)
    let gates = try stage.decide(name, version: version, alias: alias, registry: registry)
    let result = try stage.settle(
      gates, name, version: version, alias: alias, reason: reason, isForced: isForced,
      isDryRun: values.isOn("--dry-run"), registry: registry)
    var document: JSONObject = [
      "action": .string(result.status.rawValue), "sequence": .integer(Int64(result.sequence)),
      "decision": gates.decision.json,
    ]
    document["comparison_report"] = gates.reportFolder.map { .string($0 + "/report.html") }
    var text = gates.decision.table + "\n"
    if let folder = gates.reportFolder { text += "comparison: \(folder)/report.html\n" }
    let before = result.fromVersion.map { "version \($0)" } ?? "unset"
    switch result.status {
    case .promoted, .forced, .unchanged:
      text += "\(name)@\(alias) is version \(version) now, it was \(before)\n"
    case .refused: text += "refused: \(name)@\(alias) stays \(before)\n"
    case .wouldPromote: text += "\(name)@\(alias) would become version \(version)\n"
    case .wouldRefuse: text += "would be refused: \(name)@\(alias) would stay \(before)\n"
    }
    show(.object(document), text)
    return [.refused, .wouldRefuse].contains(result.status) ? .gateRefused : .success
  }

  func rollBack() throws {
    let registry = try registry(configuration())
    let name = values.required("NAME")
    let context = try context()
    let change = try registry.rollBack(
      name, to: values.integer("--to", in: 1...Int(Int32.max)), by: context.actor,
      reason: values.text("--reason") ?? "", at: context.moment)
    let (from, to) = (change.fromVersion ?? 0, change.version ?? 0)
    show(
      [
        "from": .integer(Int64(from)), "to": .integer(Int64(to)),
        "sequence": .integer(Int64(change.sequence)),
      ], "\(name)@champion is version \(to) again, it was version \(from)\n")
  }

  func showAudit() throws {
    let registry = try registry(configuration(), access: .readOnly)
    let rows = try registry.audit(of: values.text("NAME"))
    let checked = try registry.verifyAudit()
    var table = TextTable(
      ["number", "moment", "actor", "action", "what", "reason"], rightAligned: [0])
    for row in rows {
      let version = row.version.map { "/\($0)" } ?? ""
      let alias = row.alias.map { " @\($0)" } ?? ""
      table.append([
        String(row.sequence), row.moment.description, row.actor, row.action.rawValue,
        "\(row.model)\(version)\(alias)", row.reason,
      ])
    }
    show(
      .array(rows.map(\.json)), table.text + "the chain of all \(checked) rows is intact\n")
  }

  func verifyRegistry() throws -> ExitCode {
    let registry = try registry(configuration(), access: .readOnly)
    let reference = try values.text("MODEL").map { try ModelReference(parsing: $0) }
    let verification = try registry.verify(reference?.name)
    for finding in verification.findings {
      let version = finding.version.map { "/\($0)" } ?? ""
      Terminal.report("\(finding.model)\(version): \(finding.problem)")
    }
    guard verification.isIntact else {
      Terminal.report(
        "anomalyze: the registry is not as it was written; restore what is named above from a backup"
      )
      return .storage
    }
    var modelCount = 0
    for model in try registry.models() where reference == nil || model.name == reference?.name {
      for version in try registry.versions(of: model.name) {
        // Reading a model compares its golden scores.
        _ = try ScoringModel(
          loadingFrom: registry.layout.versionFolder(model.name, version.version))
        modelCount += 1
      }
    }
    Terminal.print(
      "\(verification.versionCount) versions, \(grouped(verification.byteCount)) bytes: "
        + "checksums, audit and the golden scores of \(modelCount) models are right\n")
    return .success
  }

  func rebuildRegistry() throws {
    let configuration = try configuration()
    _ = try Registry.rebuild(root: configuration.registryFolder, by: context().actor, at: now)
    let registry = try registry(configuration, access: .readOnly)
    let models = try registry.models()
    let versionCount = models.reduce(0) { $0 + $1.versionCount }
    Terminal.print(
      "the catalogue of \(configuration.registryFolder) has \(models.count) models and "
        + "\(versionCount) versions again\n")
  }

  func showStatus() throws {
    let configuration = try configuration()
    let registry = try registry(configuration, access: .readOnly)
    var text = ""
    var documents: [JSONValue] = []
    for model in try registry.models() {
      guard let champion = model.aliases.first(where: { $0.alias == "champion" }) else {
        text += "\(model.name): no champion; promote one with anomalyze promote \(model.name)\n"
        documents.append(["model": .string(model.name), "champion": nil])
        continue
      }
      let folder = registry.layout.versionFolder(model.name, champion.version)
      let metrics = try Self.metrics(folder)
      let lineage = try VersionLineage(ofVersionIn: folder)
      let snapshot = "\(configuration.snapshotsFolder)/\(lineage.snapshotDigest)"
      text += """
        \(model.name): champion is version \(champion.version) since \(champion.movedAt), \
        average precision \(Self.figure("average_precision", metrics)), \
        AUROC \(Self.figure("area_under_roc", metrics))
          report    \(folder)/report.html
          version   \(folder)
          snapshot  \(snapshot)

        """
      documents.append([
        "model": .string(model.name), "champion": champion.json,
        "headline": metrics["headline"] ?? nil, "report": .string("\(folder)/report.html"),
        "version_folder": .string(folder), "snapshot": .string(snapshot),
      ])
    }
    show(
      .array(documents),
      documents.isEmpty ? "no models yet; make one with anomalyze retrain\n" : text)
  }
}
