public import Evaluation
internal import Features
public import Files
public import Ingestion
internal import JSON
internal import Models
internal import Tabular
internal import Transactions

/// Judges detectors on the test rows of a snapshot and writes reports.
public struct EvaluationStage: Sendable {
  let configuration: LabConfiguration
  let context: RunContext

  /// Makes the stage.
  public init(configuration: LabConfiguration, context: RunContext) {
    self.configuration = configuration
    self.context = context
  }

  /// A detector to be judged, with its scores of every period.
  struct Subject {
    let name: String
    var role = DetectorScores.Role.candidate
    let model: ScoringModel
    let parameters: JSONValue
    let scores: PeriodScores
  }

  /// A report on the scores of `subjects`; the first is the one it is about.
  func report(
    title: String, _ tables: FeatureTables, subjects: [Subject], lineage: VersionLineage,
    command: String, canary: LeakCanary? = nil
  ) throws -> EvaluationReport {
    precondition(!subjects.isEmpty, "a report is about a detector")
    if configuration.evaluation.refusesKnownEntities {
      try tables.testRows.checkNoEntity(isIn: tables.trainingRows)
    }
    let validation = ValidationSet(
      rows: tables.validationRows,
      detectors: subjects.map { subject in
        DetectorScores(name: subject.name, role: subject.role, scores: subject.scores.validation)
      })
    let evaluation = try Evaluation(
      rows: tables.testRows,
      detectors: subjects.map { subject in
        DetectorScores(name: subject.name, role: subject.role, scores: subject.scores.test)
      },
      validation: tables.validationRows.count > 0 ? validation : nil,
      settings: configuration.evaluation.settings(), threadCount: context.threadCount)
    let names = tables.engine.specification.names
    let primary = subjects[0]
    return try EvaluationReport(
      evaluation, title: title,
      lineage: EvaluationLineage(
        snapshotDigest: lineage.snapshotDigest, source: lineage.source, features: names,
        split: lineage.split, trainingRowCount: tables.training.rowCount,
        excludedRowCount: tables.droppedCount,
        parameters: subjects.map { subject in
          (detector: subject.name, values: subject.parameters.objectValue ?? [:])
        },
        codeVersion: context.codeVersion, commands: [command]),
      drift: DriftReport(
        featureNames: names,
        training: .init(
          rows: tables.trainingRows, features: tables.training, scores: primary.scores.training),
        test: .init(
          rows: tables.testRows, features: tables.test, scores: primary.scores.test),
        threadCount: context.threadCount),
      importance: importance(of: primary.model.detector, tables),
      unlabelled: unlabelled(primary, tables), canary: canary, plotter: Gnuplot())
  }

  private func importance(
    of detector: any AnomalyDetector, _ tables: FeatureTables
  ) throws -> [FeatureImportance] {
    try FeatureImportance.table(
      names: detector.featureNames, features: tables.test, labels: tables.testRows.labels,
      seed: 0,
      score: { try detector.scores(of: $0, threadCount: context.threadCount) },
      contributions: { try detector.contributions(of: $0) })
  }

  /// How many points are drawn in the box of the rows, and how many other seeds are tried.
  private static let unlabelledEffort = (points: 10_000, seeds: 2)

  private func unlabelled(_ subject: Subject, _ tables: FeatureTables) throws -> UnlabelledFigures {
    let points = MassVolume.uniformPoints(
      in: tables.test, count: min(Self.unlabelledEffort.points, 4 * tables.test.rowCount), seed: 0)
    let uniform = try subject.model.detector.scores(of: points, threadCount: context.threadCount)
    return UnlabelledFigures(
      scores: subject.scores.test, threshold: subject.model.threshold,
      contaminationExpected: subject.parameters["contamination"]?.doubleValue,
      stability: try stability(of: subject, tables),
      massVolume: MassVolume(scores: subject.scores.test, uniformScores: uniform))
  }

  /// The agreement with the same detector under other seeds; `nil` when it has none.
  private func stability(
    of subject: Subject, _ tables: FeatureTables
  ) throws -> UnlabelledFigures.Stability? {
    guard let seed = subject.parameters["random_state"]?.integerValue else { return nil }
    let others = try (1...Self.unlabelledEffort.seeds).map { step -> [Double] in
      var object = subject.parameters.objectValue ?? [:]
      object["random_state"] = .integer(seed + Int64(step))
      let (fitted, _, _) = try DetectorConfiguration(.object(object)).fit(
        tables.training, featureNames: subject.model.features.names,
        rowKeys: tables.trainingKeys, labels: tables.trainingLabels,
        threadCount: context.threadCount)
      return try fitted.scores(of: tables.test, threadCount: context.threadCount)
    }
    let days = Set(
      tables.testRows.times.map { Timestamp(microseconds: $0).startOfDay.microseconds })
    return UnlabelledFigures.Stability(
      scores: subject.scores.test, others: others,
      alertCount: configuration.evaluation.alertsPerDay * days.count,
      threadCount: context.threadCount)
  }

  /// Judges the version in `folder` on the test rows of `snapshot`.
  ///
  /// - Throws: `EvaluationError.invalidSplit` when the test holds rows that the version was trained on.
  public func run(
    _ reference: String, versionFolder folder: String, on snapshot: Snapshot, split: TimeSplit
  ) throws -> EvaluationReport {
    let model = try ScoringModel(loadingFrom: folder)
    let own = try VersionLineage(ofVersionIn: folder)
    try own.checkUnseen(split, by: reference)
    let tables = try tables(of: snapshot, for: model, split: split, own.segment)
    let digest = snapshot.manifest.digest.prefix(12)
    return try report(
      title: reference, tables,
      subjects: [
        Subject(
          name: type(of: model.detector).kind, model: model, parameters: own.detector,
          scores: PeriodScores(
            of: tables, by: model.detector, threadCount: context.threadCount))
      ],
      lineage: lineage(of: snapshot, split: split, detector: own.detector),
      command: "anomalyze evaluate \(reference) --snapshot \(digest)"
        + configuration.evaluation.intervalsArgument)
  }

  func tables(
    of snapshot: Snapshot, for model: ScoringModel, split: TimeSplit, _ segment: RowSegment?
  ) throws -> FeatureTables {
    try FeatureTables(
      of: snapshot, features: model.features, rules: model.rules, split: split, segment: segment,
      dropsKnownCompromised: configuration.evaluation.dropsKnownCompromised,
      limits: .init(training: configuration.evaluation.trainingRowLimit))
  }

  func lineage(of snapshot: Snapshot, split: TimeSplit, detector: JSONValue) -> VersionLineage {
    VersionLineage(
      of: snapshot, split: split,
      dropsKnownCompromised: configuration.evaluation.dropsKnownCompromised, detector: detector,
      codeVersion: context.codeVersion)
  }
}

extension LabConfiguration.Evaluation {
  func settings() throws(EvaluationError) -> EvaluationSettings {
    try EvaluationSettings(
      alertsPerDay: alertsPerDay, intervals: intervals, contamination: contamination,
      targetPrecision: targetPrecision,
      costs: CostMatrix(perAlert: costPerAlert, perMissedFraud: costPerMissedFraud))
  }

  /// What a report depends on besides the periods, for the digest of a version's inputs.
  var settingsJSON: JSONValue {
    [
      "training_rows": .integer(Int64(trainingRowLimit)),
      "alerts_per_day": .integer(Int64(alertsPerDay)), "contamination": .number(contamination),
      "target_precision": .number(targetPrecision), "cost_per_alert": .number(costPerAlert),
      "cost_per_missed_fraud": .number(costPerMissedFraud),
      "refuse_known_entities": .bool(refusesKnownEntities),
    ]
  }
}

extension LabConfiguration.Evaluation {
  /// The settings that another evaluation wrote as `settingsJSON`, with its delay; `nil` when one is missing.
  func applying(
    settings: JSONValue, delay: TimeSpan, dropsKnownCompromised: Bool
  ) -> LabConfiguration.Evaluation? {
    guard let alertsPerDay = settings["alerts_per_day"]?.integerValue,
      let contamination = settings["contamination"]?.doubleValue,
      let targetPrecision = settings["target_precision"]?.doubleValue,
      let costPerAlert = settings["cost_per_alert"]?.doubleValue,
      let costPerMissedFraud = settings["cost_per_missed_fraud"]?.doubleValue,
      let refusesKnownEntities = settings["refuse_known_entities"]?.boolValue
    else { return nil }
    return LabConfiguration.Evaluation(
      // Versions that say nothing are older than the limit.
      training: training,
      trainingRowLimit: settings["training_rows"]?.integerValue.map { Int($0) } ?? .max,
      delay: delay, validation: validation, test: test,
      dropsKnownCompromised: dropsKnownCompromised, refusesKnownEntities: refusesKnownEntities,
      alertsPerDay: Int(alertsPerDay), contamination: contamination,
      targetPrecision: targetPrecision, costPerAlert: costPerAlert,
      costPerMissedFraud: costPerMissedFraud)
  }
}

extension EvaluationReport {
  /// Writes all files of the report into `folder`, each replaced in one step.
  public func write(to folder: String) throws(FileError) {
    for file in files() {
      let path = "\(folder)/\(file.path)"
      try FileSystem.createDirectory(FileSystem.parentDirectory(of: path))
      try FileSystem.writeAtomically(file.bytes, to: path)
    }
  }
}
