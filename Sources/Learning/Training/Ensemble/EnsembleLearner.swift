public import Models
public import Tabular

/// Fits the members of an ensemble and learns what their scores mean from the rows they were fitted on.
///
/// Members never see labels. With the combination `fitted` the labels that are known when training takes place decide what
/// the members' evidence is worth, in two steps that keep the score monotone: isotonic regression turns the evidence of
/// each member into log-odds, and a logistic regression without negative weights adds these up, so that members which
/// repeat one another share their weight.
public struct EnsembleLearner: Sendable {
  /// The settings.
  public let parameters: EnsembleParameters

  /// The fewest anomalies, and other rows, from which weights are fitted.
  public static let leastLabelCount = 10

  /// Makes a learner.
  public init(parameters: EnsembleParameters) {
    self.parameters = parameters
  }

  /// Fits the ensemble; the model does not depend on `threadCount`.
  ///
  /// - Parameters:
  ///   - matrix: `rows × features`; NaN is a missing value.
  ///   - featureNames: One per column.
  ///   - rowKeys: Distinct numbers that identify the rows, from which the forest draws; without them the position does.
  ///   - labels: Whether each row is known to be an anomaly; read by the combination `fitted` alone.
  ///   - threadCount: How many threads work.
  /// - Throws: `TrainingError.invalidParameter` for a member's feature that is not among the names,
  ///   `.tooFewLabels`, and what the members' learners throw.
  public func fit(
    _ matrix: Matrix<Double>, featureNames: [String], rowKeys: [UInt64]? = nil,
    labels: [Bool]? = nil, threadCount: Int = 1
  ) throws(TrainingError) -> EnsembleDetector {
    guard featureNames.count == matrix.columnCount else {
      throw .featureCountMismatch(names: featureNames.count, columns: matrix.columnCount)
    }
    if parameters.combination == .fitted {
      try EnsembleLearner.check(labels, rowCount: matrix.rowCount)
    }
    let members = try parameters.members.map { (member) throws(TrainingError) in
      let (source, scores) = try fit(
        member, matrix, featureNames: featureNames, rowKeys: rowKeys, threadCount: threadCount)
      return EnsembleDetector.Member(
        source: source, calibration: TailCalibration(trainingScores: scores), weight: member.weight)
    }
    do throws(ModelError) {
      let combination = parameters.combination
      guard combination == .fitted, let labels else {
        return try EnsembleDetector(
          featureNames: featureNames, members: members, combination: combination)
      }
      let unweighted = try EnsembleDetector(
        featureNames: featureNames, members: members, combination: .mean)
      let evidence = try unweighted.memberEvidence(of: matrix, threadCount: threadCount)
      let fit = try EvidenceFit(evidence: evidence, labels: labels)
      return try EnsembleDetector(
        featureNames: featureNames,
        members: members.indices.map { index in
          EnsembleDetector.Member(
            source: members[index].source, calibration: members[index].calibration,
            curve: fit.curves[index], weight: fit.weights[index])
        }, combination: .fitted, intercept: fit.intercept)
    } catch {
      throw .model(error)
    }
  }

  private static func check(_ labels: [Bool]?, rowCount: Int) throws(TrainingError) {
    let anomalies = labels?.count { $0 } ?? 0
    let others = (labels?.count ?? 0) - anomalies
    guard anomalies >= leastLabelCount, others >= leastLabelCount else {
      throw .tooFewLabels(anomalies: anomalies, others: others, needed: leastLabelCount)
    }
    precondition(labels?.count == rowCount, "there is one label a row")
  }

  /// Fits one member; the scores are those of the training rows.
  private func fit(
    _ member: EnsembleParameters.Member, _ matrix: Matrix<Double>, featureNames: [String],
    rowKeys: [UInt64]?, threadCount: Int
  ) throws(TrainingError) -> (source: EnsembleDetector.Source, scores: [Double]) {
    let names: [String]
    if case .feature(let name) = member.source {
      names = [name]
    } else {
      names = member.features ?? featureNames
    }
    let columns = try names.map { (name) throws(TrainingError) in
      guard let column = featureNames.firstIndex(of: name) else {
        throw .invalidParameter(
          name: "features", given: name, allowed: featureNames.joined(separator: ", "))
      }
      return column
    }
    let part = matrix.selecting(columns: columns)
    switch member.source {
    case .feature(let name): return (.feature(name), part.values)
    case .isolationForest(let settings):
      let forest = try IsolationForestLearner(parameters: settings).fit(
        part, featureNames: names, rowKeys: rowKeys, threadCount: threadCount)
      return (.detector(forest), try EnsembleLearner.scores(forest, part, threadCount))
    case .gaussian(let settings):
      let detector = try GaussianLearner(parameters: settings).fit(
        part, featureNames: names, threadCount: threadCount)
      return (.detector(detector), try EnsembleLearner.scores(detector, part, threadCount))
    }
  }

  private static func scores(
    _ detector: some AnomalyDetector, _ matrix: Matrix<Double>, _ threadCount: Int
  ) throws(TrainingError) -> [Double] {
    do throws(ModelError) {
      return try detector.scores(of: matrix, threadCount: threadCount)
    } catch {
      throw .model(error)
    }
  }
}
