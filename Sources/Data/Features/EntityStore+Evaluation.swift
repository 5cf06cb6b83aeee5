internal import Tabular
internal import Transactions

extension EntityStore {
  /// What `operation` says about `event`, which has not been pushed yet; `entity` is −1 for none.
  ///
  /// `cell` is what the feature's cell holds so far.
  func evaluate(
    _ operation: StoreOperation, entity: Int, now: Int64, event: FeatureEvent,
    cell: Double
  ) -> Double {
    switch operation {
    case .count(let window, let plus):
      return Double(count(window, of: entity) + (plus ? 1 : 0))
    case .sum(let window, let plus):
      return (sum(window, of: entity) &+ (plus ? Int128(event.amount) : 0)).nearestDouble
        / 1_000_000
    case .mean(let window, let plus):
      return AmountMoments(
        count: count(window, of: entity) &+ (plus ? 1 : 0),
        sum: sum(window, of: entity) &+ (plus ? Int128(event.amount) : 0)
      ).mean(scale: 1_000_000)
    case .standardDeviation(let window, let plus):
      var moments = moments(window, of: entity)
      if plus { moments.add(event.amount) }
      guard moments.count > 1 else { return 0 }
      return (moments.squaredDeviations(scale: 1_000_000) / Double(moments.count - 1)).squareRoot()
    case .extreme(let tracker, let plus):
      return extreme(tracker, plus: plus, of: entity, now: now, event: event)
    case .span(let lag):
      guard entity >= 0 else { return 0 }
      let first = cursors[entity * lagCount + lag].nextTime
      return first == .max ? 0 : Double(now &- first) / 1_000_000
    case .distinct(let tracker, let plus):
      let column = layout.valueColumns[values[tracker].source].index
      let value = Int64(event.texts[column])
      guard entity >= 0 else { return plus && value >= 0 ? 1 : 0 }
      let isAdded = plus && value >= 0 && values[tracker].count(value, of: entity) == 0
      return Double(values[tracker].distinctCounts[entity] + (isAdded ? 1 : 0))
    case .repeats(let tracker, let plus):
      let before = entity >= 0 ? values[tracker].count(event.amount, of: entity) : 0
      return Double(before + (plus ? 1 : 0))
    case .risk(let window, let upperLag, let lowerLag, let weight, let rate):
      let total = Double(count(window, of: entity)) + weight
      guard total > 0 else { return 0 }
      let frauds =
        entity >= 0
        ? frauds.count(of: entity, after: now &- lowerLag, through: now &- upperLag) : 0
      return (Double(frauds) + weight * rate) / total
    case .zScore(let window, let isLog, let weight):
      return zScore(window, isLog: isLog, weight: weight, of: entity, event: event)
    case .ratio(let window, let weight):
      let baseline = PooledBaseline(
        own: moments(window, of: entity), population: event.population, weight: weight,
        scale: 1_000_000)
      return baseline.weight > 0 && baseline.mean > 0 ? event.amountValue / baseline.mean : 1
    case .robustZScore(let count):
      return entity >= 0 ? robustZScore(count, of: entity, event: event) : 0
    case .secondsSinceLast(let cap, let isLogarithmic):
      let hasLast = entity >= 0 && records[entity].lastTime != .min
      let elapsed = hasLast ? min(now &- records[entity].lastTime, cap) : cap
      let seconds = Double(elapsed) / 1_000_000
      return isLogarithmic ? PortableMath.log(1 + seconds) : seconds
    case .isNew:
      return entity >= 0 && records[entity].lastTime == .min ? 1 : 0
    case .rarity(let window):
      guard entity >= 0 else { return 0 }
      return -PortableMath.log((Double(count(window, of: entity)) + 1) / (cell + 2))
    case .hourRarity(let cycle):
      guard entity >= 0 else { return 0 }
      let density = hours[cycle].density(
        at: event.hourOfWeek, of: entity, eventCount: records[entity].count
      )
      return -PortableMath.log(density)
    case .distance:
      return distance(of: entity, event: event)
    case .speed(let floor, let radius):
      let kilometres = distance(of: entity, event: event) - radius
      guard kilometres > 0 else { return 0 }
      let seconds = Double(now &- positions.times[entity]) / 1_000_000
      return kilometres / max(seconds, floor) * 3_600
    }
  }

  private func count(_ window: WindowTotals, of entity: Int) -> Int64 {
    guard entity >= 0 else { return 0 }
    return count(at: window.upper, of: entity)
      &- (window.lower < 0 ? 0 : count(at: window.lower, of: entity))
  }

  /// How many events of `entity` lie before a position of `WindowTotals`.
  private func count(at position: Int, of entity: Int) -> Int64 {
    let all = records[entity].count
    return position == 0
      ? all : cursors[entity * lagCount + position - 1].passedCount(of: all)
  }

  private func sum(_ window: WindowTotals, of entity: Int) -> Int128 {
    guard entity >= 0 else { return 0 }
    let (upper, lower) = totals(window, of: entity)
    return difference(sums, upper, lower)
  }

  private func moments(_ window: WindowTotals, of entity: Int) -> AmountMoments {
    guard entity >= 0 else { return AmountMoments() }
    let (upper, lower) = totals(window, of: entity)
    return AmountMoments(
      count: count(window, of: entity), sum: difference(sums, upper, lower),
      squares: layout.keepsSquares ? difference(squares, upper, lower) : 0)
  }

  private func logMoments(_ window: WindowTotals, of entity: Int) -> AmountMoments {
    guard entity >= 0 else { return AmountMoments() }
    let (upper, lower) = totals(window, of: entity)
    return AmountMoments(
      count: count(window, of: entity), sum: difference(logSums, upper, lower),
      squares: difference(logSquares, upper, lower))
  }

  private func totals(_ window: WindowTotals, of entity: Int) -> (upper: Int, lower: Int) {
    let base = entity * (lagCount + 1)
    return (base + window.upper, window.lower < 0 ? -1 : base + window.lower)
  }

  private func difference(_ totals: [Int128], _ upper: Int, _ lower: Int) -> Int128 {
    lower < 0 ? totals[upper] : totals[upper] &- totals[lower]
  }

  private func extreme(
    _ tracker: Int, plus: Bool, of entity: Int, now: Int64, event: FeatureEvent
  ) -> Double {
    var amount = entity >= 0 ? extremes[tracker].extreme(of: entity, now: now) : nil
    if plus {
      let known = amount ?? event.amount
      amount =
        extremes[tracker].layout.isMinimum ? min(known, event.amount) : max(known, event.amount)
    }
    return Double(amount ?? 0) / 1_000_000
  }

  private func zScore(
    _ window: WindowTotals, isLog: Bool, weight: Double, of entity: Int,
    event: FeatureEvent
  ) -> Double {
    let baseline =
      isLog
      ? PooledBaseline(
        own: logMoments(window, of: entity), population: event.logPopulation, weight: weight,
        scale: FeatureEvent.logScale)
      : PooledBaseline(
        own: moments(window, of: entity), population: event.population, weight: weight,
        scale: 1_000_000)
    guard baseline.count >= 2 else { return 0 }
    let value = isLog ? Double(event.fixedLog) / FeatureEvent.logScale : event.amountValue
    return boundedScore(value - baseline.mean, over: baseline.variance.squareRoot())
  }

  private func boundedScore(_ deviation: Double, over scale: Double) -> Double {
    let limit = 50.0
    if deviation == 0 { return 0 }
    return scale > 0 ? min(max(deviation / scale, -limit), limit) : (deviation > 0 ? limit : -limit)
  }

  private func robustZScore(_ length: Int, of entity: Int, event: FeatureEvent) -> Double {
    let last = recent.last(length, of: entity)
    guard last.count >= 3 else { return 0 }
    let middle = median(last)
    // 1.4826 makes the median absolute deviation of a normal distribution its standard deviation. Amounts such as
    // fares repeat, so the deviation is at least 5 % of the median and one hundredth.
    let deviation = 1.4826 * median(last.map { Int64(clamping: ($0 &- Int64(middle)).magnitude) })
    let floor = max(abs(middle) * 0.05, 10_000)
    return boundedScore(Double(event.amount) - middle, over: max(deviation, floor))
  }

  private func median(_ amounts: [Int64]) -> Double {
    let sorted = amounts.sorted()
    let half = sorted.count / 2
    return sorted.count % 2 == 1
      ? Double(sorted[half]) : (Double(sorted[half - 1]) + Double(sorted[half])) / 2
  }

  private func distance(of entity: Int, event: FeatureEvent) -> Double {
    guard entity >= 0, event.hasPosition, positions.times[entity] != .min else { return 0 }
    return Geography.kilometres(
      fromLatitude: positions.latitudes[entity], longitude: positions.longitudes[entity],
      toLatitude: event.latitude, longitude: event.longitude)
  }
}

/// An entity's mean and variance pooled with a number of transactions of everyone.
struct PooledBaseline {
  /// How many real transactions stand behind it.
  let count: Int64
  /// The entity's and the pooled transactions together.
  let weight: Double
  let mean: Double
  let variance: Double

  init(own: AmountMoments, population: AmountMoments, weight priorWeight: Double, scale: Double) {
    let pooled = population.count > 0 ? priorWeight : 0
    count = pooled > 0 ? max(own.count, population.count) : own.count
    weight = Double(own.count) + pooled
    guard weight > 0 else {
      (mean, variance) = (0, 0)
      return
    }
    let ownMean = own.mean(scale: scale)
    let populationMean = population.mean(scale: scale)
    let centre = (Double(own.count) * ownMean + pooled * populationMean) / weight
    var deviations =
      own.squaredDeviations(scale: scale) + Double(own.count) * (ownMean - centre)
      * (ownMean - centre)
    if pooled > 0 {
      let spread = population.squaredDeviations(scale: scale) / Double(population.count)
      deviations += pooled * (spread + (populationMean - centre) * (populationMean - centre))
    }
    mean = centre
    variance = deviations / weight
  }
}
