public import JSON
public import Transactions

/// Everything that can be said about the points of a series before a model of it is kept: all findings at once.
///
/// Faults are listed with their count and the index of the first; the figures that follow describe the points that are
/// left when faulty ones are dropped and the rest is put in order.
public struct SeriesPreflight: Equatable, Sendable {
  /// One remark on the points.
  public struct Finding: Equatable, Sendable {
    /// An upper-snake-case code; those of faults are the codes of `ThreeSigmaError`.
    public let code: String
    /// Whether a fit would refuse the points for it.
    public let isFault: Bool
    /// How many points it concerns.
    public let count: Int
    /// The index of the first of them.
    public let firstIndex: Int?
    /// A sentence.
    public let message: String
  }

  /// Figures of the points that can be used.
  public struct Figures: Equatable, Sendable {
    /// The median time between points.
    public let interval: TimeSpan
    /// Intervals more than twice as long as the median.
    public let gapCount: Int
    /// The share of the points that an even series of that interval would have.
    public let coverage: Double
    /// How many points at the end have one and the same value.
    public let flatTailCount: Int
    /// The share of points more than three robust standard deviations from the median.
    public let outlierShare: Double
    /// The season that the points carry.
    public let season: SeasonalSlots
    /// The share of the variance that season and trend explain, 0 ... 1.
    public let seasonalStrength: Double
    /// Change per day by least squares beside the season; 0 when a trend does not pay.
    public let trendPerDay: Double
    /// The method that predicts the end of the series best from its beginning.
    public let recommendedMethod: ThreeSigmaMethod
    /// Three sigmas, or their finite-sample equivalent when there are few points.
    public let recommendedThreshold: Double
    /// Episodes a week that the recommended model finds in these points themselves.
    public let alertsPerWeek: Double
  }

  /// How many points were given.
  public let pointCount: Int
  /// Faults first, then what is worth knowing.
  public let findings: [Finding]
  /// The figures; `nil` when fewer than two points can be used.
  public let figures: Figures?

  /// Whether a fit of the same points would be accepted.
  public var isFittable: Bool { !findings.contains { $0.isFault } }

  /// Looks at the points of a series; nothing about them is an error here.
  ///
  /// - Complexity: O(points · log points).
  public init(timestamps: [Timestamp], values: [Double], minimumPointCount: Int = 2) {
    pointCount = min(timestamps.count, values.count)
    var findings = SeriesPreflight.faults(timestamps, values, minimum: minimumPointCount)
    var usable: [(time: Timestamp, value: Double)] = []
    for (time, value) in zip(timestamps, values).sorted(by: { $0.0 < $1.0 })
    where value.isFinite && usable.last?.time != time { usable.append((time, value)) }
    figures = Figures(timestamps: usable.map(\.time), values: usable.map(\.value))
    if let figures { findings += figures.findings(of: usable.map(\.value)) }
    self.findings = findings
  }

  private static func faults(
    _ timestamps: [Timestamp], _ values: [Double], minimum: Int
  ) -> [Finding] {
    var findings: [Finding] = []
    func add(_ error: ThreeSigmaError, count: Int) {
      findings.append(
        Finding(
          code: error.code, isFault: true, count: count, firstIndex: error.index,
          message: error.description))
    }
    if timestamps.count != values.count {
      add(
        .lengthMismatch(timestamps: timestamps.count, values: values.count),
        count: abs(timestamps.count - values.count))
    }
    if values.isEmpty {
      add(.empty, count: 0)
    } else if values.count < minimum {
      add(.tooFewPoints(actual: values.count, minimum: minimum), count: minimum - values.count)
    }
    let infinite = values.indices.filter { !values[$0].isFinite }
    if let first = infinite.first { add(.notFinite(index: first), count: infinite.count) }
    let later = timestamps.indices.dropFirst()
    let twice = later.filter { timestamps[$0] == timestamps[$0 - 1] }
    if let first = twice.first { add(.duplicateTimestamp(index: first), count: twice.count) }
    let unsorted = later.filter { timestamps[$0] < timestamps[$0 - 1] }
    if let first = unsorted.first { add(.unsortedTimestamp(index: first), count: unsorted.count) }
    return findings
  }
}

extension SeriesPreflight.Figures {
  init?(timestamps: [Timestamp], values: [Double]) {
    guard values.count >= 2, let parameters = try? ThreeSigmaParameters(method: .auto),
      let model = try? ThreeSigmaModel.fit(
        timestamps: timestamps, values: values, parameters: parameters),
      let assessment = try? model.assess(timestamps: timestamps, values: values)
    else { return nil }
    interval = ExponentialProfile.medianInterval(timestamps)
    let typical = interval.seconds
    let gaps = zip(timestamps, timestamps.dropFirst()).map { secondsBetween($0, $1) }
    gapCount = gaps.count { $0 > 2 * typical }
    let span = gaps.reduce(0, +)
    coverage = min(1, Double(values.count) / (span / typical + 1))
    flatTailCount = values.reversed().prefix { $0 == values[values.count - 1] }.count
    let robust = RobustLevel(of: values)
    let outliers = values.count { (($0 / 2 - robust.centre / 2)).magnitude > 1.5 * robust.scale }
    outlierShare = Double(outliers) / Double(values.count)
    let profile = SeasonalProfile.fit(
      timestamps: timestamps, values: values, zone: .utc)
    season = profile.slots
    let ratio = model.isConstant ? 1 : profile.scale / model.standardDeviation
    seasonalStrength = min(max(1 - ratio * ratio, 0), 1)
    trendPerDay = profile.slopePerDay
    recommendedMethod = model.method
    let isShort = values.count < ThreeSigmaModel.Warning.comfortablePointCount
    recommendedThreshold = isShort ? model.finiteSampleThreshold ?? 3 : 3
    alertsPerWeek = Double(assessment.episodes.count) / max(span / 604_800, 1 / 604_800)
  }

  fileprivate func findings(of values: [Double]) -> [SeriesPreflight.Finding] {
    var findings: [SeriesPreflight.Finding] = []
    func add(_ code: String, _ count: Int, from index: Int? = nil, _ message: String) {
      findings.append(
        SeriesPreflight.Finding(
          code: code, isFault: false, count: count, firstIndex: index, message: message))
    }
    let isConstant = flatTailCount == values.count
    if values.count < ThreeSigmaModel.Warning.comfortablePointCount {
      add(
        "FEW_POINTS", values.count,
        "with fewer than \(ThreeSigmaModel.Warning.comfortablePointCount) points three plain sigmas "
          + "alarm too often; use the recommended threshold")
    }
    if isConstant {
      add("CONSTANT_SERIES", values.count, from: 0, "all points have one value")
    } else if flatTailCount >= 10 {
      add(
        "FLAT_TAIL", flatTailCount, from: values.count - flatTailCount,
        "the last \(flatTailCount) points have one value; has the source stopped?")
    }
    if gapCount > 0 {
      add(
        "GAPS", gapCount,
        "\(gapCount) interval\(gapCount == 1 ? " is" : "s are") more than twice the usual one")
    }
    if outlierShare > 0.05 {
      add(
        "MANY_OUTLIERS", Int((outlierShare * Double(values.count)).rounded()),
        "mean and deviation suffer from so many outliers; robust does not")
    }
    return findings
  }
}

extension SeriesPreflight {
  /// The report as JSON: `points`, `fittable`, `findings` and `figures` (or null).
  public var json: JSONValue {
    let list = findings.map { finding -> JSONValue in
      [
        "code": .string(finding.code), "fault": .bool(finding.isFault),
        "count": .integer(Int64(finding.count)),
        "first_index": finding.firstIndex.map { .integer(Int64($0)) } ?? .null,
        "message": .string(finding.message),
      ]
    }
    let numbers: JSONValue? = figures.map { figures in
      [
        "interval_seconds": .number(figures.interval.seconds),
        "gaps": .integer(Int64(figures.gapCount)),
        "coverage": .number(figures.coverage),
        "flat_tail": .integer(Int64(figures.flatTailCount)),
        "outlier_share": .number(figures.outlierShare),
        "season": .string(figures.season.rawValue),
        "seasonal_strength": .number(figures.seasonalStrength),
        "trend_per_day": .number(figures.trendPerDay),
        "recommended_method": .string(figures.recommendedMethod.rawValue),
        "recommended_threshold": .number(figures.recommendedThreshold),
        "alerts_per_week": .number(figures.alertsPerWeek),
      ]
    }
    return [
      "points": .integer(Int64(pointCount)), "fittable": .bool(isFittable),
      "findings": .array(list), "figures": numbers ?? .null,
    ]
  }
}
