public import Transactions

/// Which rows train and which rows judge: training, delay, validation, delay, test, in this order of time, never at random.
///
/// The delay is the time in which the labels of the rows before it become known; no row of it trains or judges. The
/// validation rows choose among detectors and set thresholds, so that the test rows do neither; without a validation
/// period one delay lies between training and test. All periods are half open.
public struct TimeSplit: Equatable, Sendable {
  /// Where a moment falls.
  public enum Period: String, Equatable, Sendable {
    case training, delay, validation, test
  }

  /// Rows a detector may learn from.
  public let training: Range<Timestamp>
  /// Least time between the end of a period and the start of the next.
  public let delay: TimeSpan
  /// Rows that choose among detectors and set thresholds; `nil` when nothing is chosen.
  public let validation: Range<Timestamp>?
  /// Rows a detector is judged on.
  public let test: Range<Timestamp>

  /// Makes a split.
  ///
  /// - Throws: `EvaluationError.invalidSplit` when a period is empty, the delay is negative, or a period starts before
  ///   the one before it and the delay after that are over.
  public init(
    training: Range<Timestamp>, delay: TimeSpan, validation: Range<Timestamp>? = nil,
    test: Range<Timestamp>
  ) throws(EvaluationError) {
    guard !training.isEmpty else { throw .invalidSplit(reason: "the training period is empty") }
    guard !test.isEmpty else { throw .invalidSplit(reason: "the test period is empty") }
    guard delay.microseconds >= 0 else { throw .invalidSplit(reason: "the delay is negative") }
    guard test.lowerBound >= training.upperBound else {
      throw .invalidSplit(
        reason: "the test starts \(test.lowerBound.description), before the training ends "
          + "\(training.upperBound.description): a detector must not be judged on what it learned")
    }
    guard test.lowerBound >= training.upperBound + delay else {
      throw .invalidSplit(
        reason:
          "the test starts \(test.lowerBound.description), but the labels of the training rows "
          + "are known only \((training.upperBound + delay).description) (delay \(delay)); "
          + "let the test start later or give a shorter delay")
    }
    if let validation {
      guard !validation.isEmpty else {
        throw .invalidSplit(reason: "the validation period is empty")
      }
      guard validation.lowerBound >= training.upperBound + delay,
        validation.upperBound + delay <= test.lowerBound
      else {
        throw .invalidSplit(
          reason:
            "the validation period \(validation.lowerBound.description) up to "
            + "\(validation.upperBound.description) must leave the delay of \(delay) after training, "
            + "which ends \(training.upperBound.description), and before the test, which starts "
            + "\(test.lowerBound.description)")
      }
    }
    self.training = training
    self.delay = delay
    self.validation = validation
    self.test = test
  }

  /// The period that `moment` falls into; `nil` before training and after test, and between a delay and a period that
  /// starts later than it must.
  public func period(of moment: Timestamp) -> Period? {
    if training.contains(moment) { return .training }
    if test.contains(moment) { return .test }
    if validation?.contains(moment) == true { return .validation }
    let delays = [training, validation].compactMap { $0?.upperBound }.map { $0..<$0 + delay }
    return delays.contains { $0.contains(moment) } ? .delay : nil
  }
}
