public import Transactions

extension ThreeSigmaModel {
  /// Fits the model to the points of one series.
  ///
  /// - Parameters:
  ///   - timestamps: When the values were seen, strictly ascending.
  ///   - values: The values, finite, one for each timestamp.
  ///   - parameters: Threshold, method and sides.
  /// - Throws: `ThreeSigmaError` with the index of the first point at fault.
  /// - Complexity: O(points); `robust` sorts.
  public static func fit(
    timestamps: [Timestamp], values: [Double], parameters: ThreeSigmaParameters = .standard
  ) throws(ThreeSigmaError) -> ThreeSigmaModel {
    try check(
      timestamps: timestamps, values: values, minimumPointCount: parameters.minimumPointCount)
    let trials =
      parameters.method == .auto
      ? methodTrials(timestamps: timestamps, values: values, parameters: parameters) : []
    let method = parameters.method == .auto ? pick(from: trials) : parameters.method
    var moments = ExactMoments()
    var recollection = SeriesRecollection(parameters.memory)
    recollection.learn(values, moments: &moments)
    return ThreeSigmaModel(
      parameters: parameters, method: method, trials: trials, moments: moments,
      firstTime: timestamps[0], lastTime: timestamps[timestamps.count - 1],
      profile: profile(
        method, timestamps: timestamps, values: values, parameters: parameters),
      recollection: recollection)
  }

  /// Checks that the points are pairs, enough, finite and strictly ascending in time.
  ///
  /// - Throws: `ThreeSigmaError` with the index of the first point at fault.
  public static func check(
    timestamps: [Timestamp], values: [Double], minimumPointCount: Int
  ) throws(ThreeSigmaError) {
    guard timestamps.count == values.count else {
      throw .lengthMismatch(timestamps: timestamps.count, values: values.count)
    }
    if values.isEmpty { throw .empty }
    for index in values.indices {
      guard values[index].isFinite else { throw .notFinite(index: index) }
      if index > 0, timestamps[index] <= timestamps[index - 1] {
        if timestamps[index] == timestamps[index - 1] { throw .duplicateTimestamp(index: index) }
        throw .unsortedTimestamp(index: index)
      }
    }
    guard values.count >= minimumPointCount else {
      throw .tooFewPoints(actual: values.count, minimum: minimumPointCount)
    }
  }

  /// The profile of one method; `nil` for `sigma`, whose profile is that of the moments.
  private static func profile(
    _ method: ThreeSigmaMethod, timestamps: [Timestamp], values: [Double],
    parameters: ThreeSigmaParameters
  ) -> SeriesProfile? {
    switch method {
    case .sigma, .auto: return nil
    case .robust:
      let level = RobustLevel(of: values)
      return .level(centre: level.centre, scale: level.scale)
    case .ewma:
      return .exponential(
        ExponentialProfile.fit(
          timestamps: timestamps, values: values, halfLife: parameters.halfLife))
    case .seasonal:
      return .seasonal(
        SeasonalProfile.fit(
          timestamps: timestamps, values: values, zone: parameters.zone))
    }
  }

  /// Fits every method to the first two thirds and sums its one-step errors over the rest.
  private static func methodTrials(
    timestamps: [Timestamp], values: [Double], parameters: ThreeSigmaParameters
  ) -> [MethodTrial] {
    let split = values.count * 2 / 3
    guard split >= 8 else { return [] }
    let times = Array(timestamps[..<split])
    let known = Array(values[..<split])
    return [ThreeSigmaMethod.sigma, .robust, .seasonal, .ewma].map { method in
      var profile =
        profile(method, timestamps: times, values: known, parameters: parameters)
        ?? .level(centre: ExactMoments(known).mean, scale: 0)
      let share = 1 / Double(values.count - split)
      var total = 0.0
      for index in split..<values.count {
        total += ((values[index] - profile.expectedValue(at: timestamps[index])) * share).magnitude
        profile.update(values[index], at: timestamps[index])
      }
      return MethodTrial(method: method, error: min(total, .greatestFiniteMagnitude))
    }
  }

  /// The simplest method whose error is within a twentieth of the smallest.
  private static func pick(from trials: [MethodTrial]) -> ThreeSigmaMethod {
    let smallest = trials.map(\.error).min() ?? 0
    return trials.first { $0.error <= smallest * 1.05 }?.method ?? .sigma
  }
}

extension ThreeSigmaModel {
  /// Learns points that came after the last one, without the points before.
  ///
  /// `sigma` gives exactly the model that a fit of all points together gives, also with a window or forgetting. `ewma` moves its level and spread,
  /// `seasonal` the values of the hours; the spread of `seasonal` and both numbers of `robust` stay until the next fit.
  ///
  /// - Throws: `ThreeSigmaError` with the index of the first point at fault, and then nothing is learned.
  /// - Complexity: O(1) a point.
  public mutating func update(
    timestamps: [Timestamp], values: [Double]
  ) throws(ThreeSigmaError) {
    try ThreeSigmaModel.check(timestamps: timestamps, values: values, minimumPointCount: 1)
    guard timestamps[0] > lastTime else {
      throw timestamps[0] == lastTime
        ? .duplicateTimestamp(index: 0) : .unsortedTimestamp(index: 0)
    }
    recollection.learn(values, moments: &moments)
    for (time, value) in zip(timestamps, values) { profile.update(value, at: time) }
    lastTime = timestamps[timestamps.count - 1]
    refresh()
  }
}

extension SeriesProfile {
  /// Learns one later point, as far as the method can without the points before.
  mutating func update(_ value: Double, at time: Timestamp) {
    switch self {
    case .level: break
    case .exponential(var profile):
      profile.update(value, at: time)
      self = .exponential(profile)
    case .seasonal(var profile):
      profile.update(value, at: time)
      self = .seasonal(profile)
    }
  }
}
