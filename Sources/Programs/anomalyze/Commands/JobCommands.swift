internal import Arguments
internal import Evaluation
internal import Features
internal import Files
internal import Ingestion
internal import JSON
internal import Pipeline
internal import Promotion
internal import Registry
internal import Terminal
internal import Transactions

extension LabCommand {
  /// The weekly job and what it left behind.
  static let jobCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax(
        "retrain", "The weekly job: pull, train, evaluate, register, and promote if better.",
        options: [
          .config, .source, .threads, .asOf,
          .init(
            "--from", "STAGE", "First stage: pull, train or promote; earlier results are used.",
            default: "pull"),
          .init(switch: "--dry-run", "Stop before the alias moves; say what would happen."),
          .init("--log", "FORM", "text, or json for a line of JSON a stage.", default: "text"),
        ] + CommandSyntax.Option.engines + [.json],
        examples: [
          "anomalyze retrain", "DATABASE_URL=postgresql://db/payments anomalyze retrain --json",
          "anomalyze retrain --as-of 2026-03-01 --dry-run",
          "anomalyze retrain --engine spark --cluster spark://master:7077 --shards 64",
        ]),
      LabCommand.retrain),
    LabEntry(
      CommandSyntax(
        "status", "Show champions, their figures and age, and how the last runs ended.",
        options: [
          .config, .init("--runs", "N", "How many runs to show.", default: "5"), .json,
        ], examples: ["anomalyze status", "anomalyze status --runs 20 --json"]),
      LabCommand.showStatus),
    LabEntry(
      CommandSyntax(
        "config check", "Read the configuration and say what it comes to.",
        options: [.config, .json],
        examples: ["anomalyze config check --config /etc/anomalyze/anomalyze.yaml"]),
      LabCommand.checkConfiguration),
    LabEntry(
      CommandSyntax(
        "config reference", "Print every key of the configuration, as Markdown.", options: [],
        examples: ["anomalyze config reference > configuration.md"]),
      LabCommand.printConfigurationReference),
  ]

  func retrain() throws -> ExitCode {
    var configuration = try configuration()
    configuration.engine = try engineConfiguration() ?? configuration.engine
    let registry = try registry(configuration)
    let order = RetrainingPipeline.Order(
      source: try source(),
      firstStage: try values.value("--from", "pull, train or promote") {
        let stage = RetrainingStage(rawValue: $0)
        return stage.flatMap { [.pull, .train, .promote].contains($0) ? $0 : nil }
      } ?? .pull, asOf: try asOf(), isDryRun: values.isOn("--dry-run"))
    let tell = try stageTeller()
    let outcome = try RetrainingJob(configuration: configuration, context: context()).run(
      order, registry: registry, tell: tell)
    var text = ""
    for model in outcome.pipeline?.models ?? [] {
      if let decision = model.gates?.result.decision { text += "\n\(decision.table)" }
      guard let folder = model.best?.registration.folder else { continue }
      text += "\nreport    \(folder)/report.html\nversion   \(folder)\n"
    }
    if let snapshot = outcome.pipeline?.snapshot { text += "snapshot  \(snapshot.path)\n" }
    show(
      [
        "snapshot": outcome.pipeline.map { .string($0.snapshot.manifest.digest) } ?? nil,
        "models": .array(outcome.record.models), "run": outcome.record.json,
      ], text)
    for failure in outcome.notificationFailures {
      let state = outcome.failure == nil ? "is complete" : "failed"
      Terminal.report("anomalyze: the run \(state), but nobody could be told by \(failure)")
    }
    if let failure = outcome.failure { throw failure }
    if outcome.record.status == .refused { return .gateRefused }
    return outcome.notificationFailures.isEmpty ? .success : .notificationFailed
  }

  /// How stages are told while a run is at work: on standard output, or beside a JSON result on standard error.
  private func stageTeller() throws -> (RunRecord.Stage) -> Void {
    let isJSON = values.isOn("--json")
    let logsJSON =
      try values.value("--log", "text or json") { ["text": false, "json": true][$0] } ?? false
    return { stage in
      let line =
        logsJSON
        ? stage.json.text()
        : "[\((stage.seconds * 10).rounded() / 10) s] "
          + (stage.isSuccess ? "" : "\(stage.stage.rawValue) failed: ") + stage.summary
      if isJSON || logsJSON { Terminal.report(line) } else { Terminal.print(line + "\n") }
    }
  }

  func printConfigurationReference() throws {
    Terminal.print(try ConfigurationReference.markdown())
  }

  func checkConfiguration() throws {
    let configuration = try configuration()
    let source = try source()
    var table = TextTable(["key", "value"])
    table.append(["source", source.description])
    table.append(["snapshots", configuration.snapshotsFolder])
    table.append(["registry", configuration.registryFolder])
    table.append(["reports", configuration.reportsFolder])
    table.append(["runs", configuration.job.runsFolder])
    if let engine = configuration.engine { table.append(["engine", engine.json.text()]) }
    table.append(["features", configuration.features.names.joined(separator: " ")])
    for model in configuration.models {
      table.append(["model \(model.name)", model.detectorNames.joined(separator: " ")])
    }
    show(
      [
        "source": .string(source.description),
        "snapshots": .string(configuration.snapshotsFolder),
        "registry": .string(configuration.registryFolder),
        "reports": .string(configuration.reportsFolder),
        "runs": .string(configuration.job.runsFolder),
        "engine": configuration.engine?.json ?? .null,
        "features": configuration.features.json,
        "models": .array(
          configuration.models.map { model in
            [
              "name": .string(model.name),
              "detectors": .array(model.detectors.map(\.json)),
            ]
          }),
      ], table.text)
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
      let age = (now - lineage.split.training.upperBound).microseconds / 86_400_000_000
      text += """
        \(model.name): champion is version \(champion.version) since \(champion.movedAt), \
        average precision \(Self.figure("average_precision", metrics)), \
        AUROC \(Self.figure("area_under_roc", metrics))
          trained   on data up to \(lineage.split.training.upperBound.dateText), \(age) days ago
          report    \(folder)/report.html
          version   \(folder)
          snapshot  \(snapshot)

        """
      documents.append([
        "model": .string(model.name), "champion": champion.json,
        "headline": metrics["headline"] ?? nil, "report": .string("\(folder)/report.html"),
        "trained_until": .string(lineage.split.training.upperBound.description),
        "version_folder": .string(folder), "snapshot": .string(snapshot),
      ])
    }
    if documents.isEmpty { text += "no models yet; make one with anomalyze retrain\n" }
    let runs = try RunHistory(folder: configuration.job.runsFolder).latest(
      values.integer("--runs", in: 0...RunHistory.keptCount) ?? 5)
    let runTable = Self.table(of: runs, isAnyAtWork: isRunAtWork(configuration))
    let due = configuration.job.schedule.map { Self.due($0, now: now, after: runs.first) }
    show(
      [
        "models": .array(documents), "runs": .array(runs.map(\.json)),
        "schedule": due?.document ?? .null,
      ],
      text + runTable + (due?.text ?? ""))
  }

  /// When the next run is due, and whether the last one that was due has started.
  private static func due(
    _ schedule: RunSchedule, now: Timestamp, after latest: RunRecord?
  ) -> (document: JSONValue, text: String) {
    // Timers start a little late on purpose.
    let (next, last) = (schedule.next(after: now), schedule.latest(at: now - .seconds(3_600)))
    let isMissed = latest.map { $0.startedAt < last } ?? true
    var text = "\nnext run  \(next) (\(schedule))\n"
    if isMissed {
      text += "missed    nothing has started since \(last); look at the timer or cron\n"
    }
    return (
      [
        "text": .string("\(schedule)"), "next": .string("\(next)"),
        "latest_due": .string("\(last)"), "is_missed": .bool(isMissed),
      ], text
    )
  }

  /// Whether a run holds the lock.
  private func isRunAtWork(_ configuration: LabConfiguration) -> Bool {
    do throws(FileError) {
      _ = try LockFile(RetrainingJob.lockPath(configuration))
      return false
    } catch {
      // A folder that this user may not write says nothing about other users' runs.
      if case .busy = error { return true }
      return false
    }
  }

  private static func table(of runs: [RunRecord], isAnyAtWork: Bool) -> String {
    guard !runs.isEmpty else { return "no runs yet\n" }
    var table = TextTable(["run", "as of", "status", "seconds", "what"], rightAligned: [3])
    for (index, run) in runs.enumerated() {
      let isCut = run.status == .running && !(index == 0 && isAnyAtWork)
      let seconds = run.endedAt.map { fixed(($0 - run.startedAt).seconds) }
      let sentences = run.models.compactMap { $0["sentence"]?.stringValue }
      table.append([
        run.id, run.asOf?.dateText ?? "", isCut ? "interrupted" : run.status.rawValue,
        seconds ?? "", run.failure ?? sentences.joined(separator: "; "),
      ])
    }
    return "\n" + table.text
  }
}
