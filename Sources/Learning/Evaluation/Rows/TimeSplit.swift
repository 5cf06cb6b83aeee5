public import Transactions

/// Which rows train and which rows judge: train | delay | test, in this order of time, never at random.
///
/// The delay is the time in which the labels of the training rows become known; no row of it trains or judges. All
/// periods are half open.
public struct TimeSplit: Equatable, Sendable {
  /// Where a moment falls.
  public enum Period: String, Equatable, Sendable {
    case training, delay, test
  }

  /// Rows a detector may learn from.
  public let training: Range<Timestamp>
  /// Least time between the end of training and the start of test.
  public let delay: TimeSpan
  /// Rows a detector is judged on.
  public let test: Range<Timestamp>

  /// Makes a split.
  ///
  /// - Throws: `EvaluationError.invalidSplit` when a period is empty, the delay is negative, or the test starts before
  ///   the training period and the delay after it are over.
  public init(
    training: Range<Timestamp>, delay: TimeSpan, test: Range<Timestamp>
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
    self.training = training
    self.delay = delay
    self.test = test
  }

  /// The period that `moment` falls into; `nil` before training and after test, and between the delay and a test that
  /// starts later than it must.
  public func period(of moment: Timestamp) -> Period? {
    if training.contains(moment) { return .training }
    if test.contains(moment) { return .test }
    let delayEnd = training.upperBound + delay
    return moment >= training.upperBound && moment < delayEnd ? .delay : nil
  }
}
