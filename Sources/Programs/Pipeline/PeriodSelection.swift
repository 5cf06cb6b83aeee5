public import Evaluation
public import Ingestion
public import Transactions

/// Which periods a run uses: given ones, or the configuration's lengths counted back from the end of the snapshot.
public struct PeriodSelection: Equatable, Sendable {
  /// Training period, when it was given.
  public var training: Range<Timestamp>?
  /// Validation period, when it was given.
  public var validation: Range<Timestamp>?
  /// Test period, when it was given.
  public var test: Range<Timestamp>?

  /// Makes a selection.
  public init(
    training: Range<Timestamp>? = nil, validation: Range<Timestamp>? = nil,
    test: Range<Timestamp>? = nil
  ) {
    self.training = training
    self.validation = validation
    self.test = test
  }

  /// Reads `FROM..TO`: two days or moments in UTC, the second excluded; `nil` when the text is none or the range is empty.
  public static func range(parsing text: String) -> Range<Timestamp>? {
    guard let dots = text.firstRange(of: ".."),
      let from = Timestamp(parsing: text[..<dots.lowerBound]),
      let to = Timestamp(parsing: text[dots.upperBound...]), from < to
    else { return nil }
    return from..<to
  }

  /// The split of a snapshot as it is judged at `moment`.
  ///
  /// Without given periods the test ends with the last midnight that the snapshot reaches and whose labels have
  /// arrived: of later rows nobody knows yet which are fraud, and every figure would count the unknown ones as genuine. A
  /// label delay lies between the periods. Given periods that leave no room for the configured validation period between
  /// them have none.
  ///
  /// - Throws: `PipelineError.snapshotTooShort` or `EvaluationError.invalidSplit`.
  public func split(
    of snapshot: Snapshot, at moment: Timestamp, evaluation: LabConfiguration.Evaluation
  ) throws -> TimeSplit {
    let day = TimeSpan.days(1)
    let first = snapshot.manifest.firstTime
    let labelled = (snapshot.asOf ?? moment) - evaluation.delay
    let end = min(snapshot.lastTime.startOfDay + day, labelled.startOfDay)
    let test = self.test ?? (end - evaluation.test)..<end
    let validation = self.validation ?? room(before: test, evaluation)
    let trainingEnd = (validation ?? test).lowerBound - evaluation.delay
    let training = self.training ?? (trainingEnd - evaluation.training)..<trainingEnd
    if self.training == nil && training.lowerBound < first.startOfDay {
      throw PipelineError.snapshotTooShort(
        needed: test.upperBound - training.lowerBound, available: end - first.startOfDay)
    }
    return try TimeSplit(
      training: training, delay: evaluation.delay, validation: validation, test: test)
  }

  private func room(
    before test: Range<Timestamp>, _ evaluation: LabConfiguration.Evaluation
  ) -> Range<Timestamp>? {
    guard evaluation.validation.microseconds > 0 else { return nil }
    let end = test.lowerBound - evaluation.delay
    let start = end - evaluation.validation
    if let training, start < training.upperBound + evaluation.delay { return nil }
    return start..<end
  }
}
