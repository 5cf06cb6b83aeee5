public import Transactions

/// A stretch of past time: (t − delay − length, t − delay], or the whole history when `length` is `nil`.
///
/// The left end is open and the right end closed, as in pandas' `rolling` with a time window.
public struct FeatureWindow: Hashable, Sendable {
  /// How long the window is; `nil` for everything since the entity was first seen.
  public let length: TimeSpan?
  /// How long before the current transaction the window ends.
  public let delay: TimeSpan

  /// Makes a window of `length` that ends `delay` before the current transaction.
  public init(length: TimeSpan?, delay: TimeSpan = TimeSpan(microseconds: 0)) {
    self.length = length
    self.delay = delay
  }

  /// The name as a part of feature names: `7d`, `7d_delay_7d`, `history`.
  public var name: String {
    (length?.description ?? "history") + (delay.microseconds > 0 ? "_delay_\(delay)" : "")
  }
}

/// A statistic of the amounts in a window.
public enum FeatureAggregate: String, CaseIterable, Sendable {
  /// How many transactions there are.
  case count
  /// The sum of their amounts, exact before it becomes a double.
  case sum
  /// The mean of their amounts; 0 when there is none.
  case mean
  /// The sample standard deviation of their amounts (divisor n − 1); 0 below two.
  case standardDeviation = "standard_deviation"
  /// The smallest amount; 0 when there is none.
  case minimum
  /// The largest amount; 0 when there is none.
  case maximum
  /// Seconds since the earliest of them; 0 when there is none.
  case span
}

/// On which scale amounts are compared.
public enum AmountScale: String, CaseIterable, Sendable {
  /// The amount itself.
  case amount
  /// ± log(1 + |amount|), in steps of 2⁻³².
  case logAmount = "log_amount"
}

/// The cycle of which hours are compared.
public enum HourCycle: String, CaseIterable, Sendable {
  /// 24 hours.
  case day
  /// 168 hours.
  case week

  /// Hours of the cycle.
  public var hourCount: Int { self == .day ? 24 : 168 }
}

/// What a feature computes; every value is finite for every history.
///
/// Baselines (`zScore`, `robustZScore`, `ratio`, `isNew`, `rarity`, `hourRarity`) never contain the current
/// transaction; windowed statistics do when `includesCurrent` says so. An entity that a transaction does not name
/// counts as one without history.
public enum FeatureKind: Equatable, Sendable {
  /// The amount in units of the currency.
  case amount
  /// ± log(1 + |amount|), natural.
  case logAmount
  /// 1 from hour `from` up to hour `to` of the day (over midnight when `from > to`), else 0.
  case night(from: Int, to: Int)
  /// 1 on Saturday and Sunday, else 0.
  case weekend
  /// The hour of the day with its fraction: 0 ..< 24.
  case hour
  /// 1 when the amount is a whole multiple of `unit`, else 0.
  case roundAmount(unit: Money)
  /// The text of the column as a category (`CategoryCode`); −1, a category too, for none.
  case category(FeatureColumn)
  /// 1 when the column has this text, else 0.
  case indicator(FeatureColumn, equals: String)
  /// A statistic of the entity's amounts in the window.
  case aggregate(FeatureAggregate, FeatureEntity, FeatureWindow, includesCurrent: Bool)
  /// How many different values of the column the entity had in the window.
  case distinct(FeatureColumn, FeatureEntity, FeatureWindow, includesCurrent: Bool)
  /// How many transactions of the entity in the window had exactly the current amount.
  case repeats(FeatureEntity, FeatureWindow, includesCurrent: Bool)
  /// (frauds + weight · rate) / (transactions + weight) of the entity in the window; frauds are those known by now.
  case risk(FeatureEntity, FeatureWindow, priorWeight: Double, priorRate: Double)
  /// Deviation from the entity's mean in its standard deviations, both pooled with `priorWeight` transactions of
  /// everyone; between −50 and 50, and 0 while there are fewer than two transactions to compare with.
  case zScore(AmountScale, FeatureEntity, FeatureWindow, priorWeight: Double)
  /// Deviation from the median of the entity's last `count` amounts in scaled median absolute deviations.
  case robustZScore(FeatureEntity, last: Int)
  /// The amount over the entity's mean amount, which is pooled with `priorWeight` transactions of everyone.
  case ratio(FeatureEntity, FeatureWindow, priorWeight: Double)
  /// Seconds since the entity's previous transaction, at most `cap`, which also stands for none; or log(1 + seconds).
  case secondsSinceLast(FeatureEntity, cap: TimeSpan, isLogarithmic: Bool)
  /// 1 when the entity never had this value of the column before, else 0; 0 for no value.
  case isNew(FeatureColumn, FeatureEntity)
  /// −log of the share of the entity's transactions with this value of the column, add-one smoothed; 0 for no value.
  case rarity(FeatureColumn, FeatureEntity, FeatureWindow)
  /// −log of the density of the entity's transactions around this hour of the cycle relative to even activity.
  case hourRarity(FeatureEntity, HourCycle)
  /// Kilometres on the sphere to the entity's previous transaction with a position; 0 without one.
  case distance(FeatureEntity)
  /// That distance less `radius` kilometres over the time between, which counts as at least `floor`; in km/h.
  case speed(FeatureEntity, floor: TimeSpan, radius: Double)
}
