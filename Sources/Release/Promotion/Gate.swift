public import Transactions

/// One condition that a version has to meet before an alias moves to it.
public struct Gate: Equatable, Sendable {
  /// Which way a metric improves.
  public enum Direction: String, Sendable {
    case higher
    case lower
  }

  /// What is compared with what.
  public enum Rule: Equatable, Sendable {
    /// The metric is `limit` or more.
    case atLeast(MetricPath, limit: Double)
    /// The metric is `limit` or less.
    case atMost(MetricPath, limit: Double)
    /// The metric is not worse than the champion's; see `Comparison`.
    case notWorseThanChampion(Comparison)
    /// The whole paired interval of the difference lies on the better side of zero.
    case betterThanChampion(interval: MetricPath, Direction)
    /// The moment at the path lies at most this long before the decision.
    case notOlderThan(MetricPath, TimeSpan)
    /// A check that was made outside the metrics, such as golden scores or agreement of exports, has passed.
    case check(String)
    /// So many different people approved this very content; unless allowed, who trained it does not count alone.
    case approvals(Int, trainerMayApproveAlone: Bool)
  }

  /// A comparison with the champion.
  ///
  /// When the challenger's metrics hold the paired interval of the difference (challenger − champion on the same rows,
  /// members `lower` and `upper`), the rule is non-inferiority: the interval must not reach past `margin` on the worse
  /// side. Without it the two values are compared and may differ by `tolerance`.
  public struct Comparison: Equatable, Sendable {
    /// The metric, in the metrics of both versions.
    public let metric: MetricPath
    /// Which way the metric improves.
    public let direction: Direction
    /// How much worse the value may be, in units of the metric.
    public let tolerance: Double
    /// Where the challenger's metrics hold the paired interval, if anywhere.
    public let interval: MetricPath?
    /// How far the interval may reach to the worse side, in units of the metric.
    public let margin: Double
    /// A place whose values must be equal for the two values to be comparable, such as the digest of the test rows.
    public let comparable: MetricPath?

    /// Describes a comparison with the champion.
    public init(
      metric: MetricPath, direction: Direction, tolerance: Double, interval: MetricPath?,
      margin: Double, comparable: MetricPath?
    ) {
      self.metric = metric
      self.direction = direction
      self.tolerance = tolerance
      self.interval = interval
      self.margin = margin
      self.comparable = comparable
    }
  }

  /// What people call the gate; unique in a policy.
  public let name: String
  /// What it asks for.
  public let rule: Rule
  /// Whether it only warns.
  public let isAdvisory: Bool

  /// Makes a gate.
  public init(name: String, rule: Rule, isAdvisory: Bool = false) {
    self.name = name
    self.rule = rule
    self.isAdvisory = isAdvisory
  }
}
