internal import Arguments
internal import Features
internal import Files
internal import Ingestion
internal import JSON
internal import Pipeline
internal import Registry
internal import Terminal

extension LabCommand {
  /// Looking after features: what they are, that they cannot see the future, and their state.
  static let featureCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax(
        "features list", "List the configuration's features with every parameter.",
        options: [.config, .json]),
      LabCommand.listFeatures),
    LabEntry(
      CommandSyntax(
        "features check",
        "Check on a snapshot that features cannot see the future and do not depend on how rows come.",
        options: [
          .config, .snapshot,
          .init("--rows", "N", "How many rows, from the first.", default: "200000"),
          .init("--seed", "N", "Seed of the changes and of the shuffling.", default: "1"), .json,
        ], examples: ["anomalyze features check", "anomalyze features check --rows 1000000"]),
      LabCommand.checkFeatures),
    LabEntry(
      CommandSyntax(
        "features state", "Compute a version's feature state again from a snapshot.",
        operands: [.init("MODEL", "NAME, NAME@ALIAS or NAME/VERSION")],
        options: [
          .config,
          .init(
            "--snapshot", "DIGEST", "Snapshot to replay.", default: "the version's own snapshot"),
          .init("--out", "FILE", "Write the state, for a server that lost its own."), .json,
        ],
        examples: ["anomalyze features state fraud@champion --out feature-state.safetensors"]),
      LabCommand.computeFeatureState),
  ]

  func listFeatures() throws {
    let features = try configuration().features
    var table = TextTable(["feature", "declaration"])
    for feature in features.features { table.append([feature.name, feature.json.text()]) }
    show(features.json, table.text)
  }

  func checkFeatures() throws -> ExitCode {
    let configuration = try configuration()
    let snapshot = try SnapshotCollection(root: configuration.snapshotsFolder).open(
      values.text("--snapshot"))
    let check = FeatureCheck(
      features: configuration.features, rules: configuration.rules,
      seed: UInt64(try values.integer("--seed", in: 0...Int(Int32.max)) ?? 1))
    let findings = try check.run(
      on: snapshot, rowLimit: values.integer("--rows", in: 8...100_000_000) ?? 200_000,
      scratchFolder: configuration.snapshotsFolder)
    var table = TextTable(["property", "rows", "differing", ""], rightAligned: [1, 2])
    for finding in findings {
      table.append([
        finding.property, grouped(finding.rowCount), grouped(finding.differingCount),
        finding.isMet ? "holds" : "BROKEN",
      ])
    }
    show(.array(findings.map(\.json)), table.text)
    // The engine promises these for all data: a broken one is a defect of the program.
    return findings.allSatisfy(\.isMet) ? .success : .bug
  }

  func computeFeatureState() throws {
    let configuration = try configuration()
    let resolved = try registry(configuration, access: .readOnly).resolve(
      values.required("MODEL"))
    let digest =
      try values.text("--snapshot")
      ?? VersionLineage(ofVersionIn: resolved.folder).snapshotDigest
    let snapshot = try SnapshotCollection(root: configuration.snapshotsFolder).open(digest)
    let outcome = try FeatureStateStage().run(versionFolder: resolved.folder, on: snapshot)
    if let path = values.text("--out") {
      try FileSystem.writeAtomically(outcome.state.encoded(), to: path)
    }
    show(
      [
        "snapshot": .string(snapshot.manifest.digest),
        "entities": .integer(Int64(outcome.entityCount)),
        "as_registered": .bool(outcome.isAsRegistered),
      ],
      "\(grouped(outcome.entityCount)) entities after snapshot \(digest.prefix(12)); "
        + (outcome.isAsRegistered ? "the same bytes as" : "differs from")
        + " the state of \(resolved.name)/\(resolved.version)\n")
  }
}
