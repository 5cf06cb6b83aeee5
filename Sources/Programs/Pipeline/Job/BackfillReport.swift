public import Evaluation
public import JSON
internal import Tabular
public import Transactions

/// What the weekly job would have done, and how its champions would have done on the time after each run.
public struct BackfillReport: Sendable {
  /// One run and the time until the next.
  public struct Week: Sendable {
    /// The moment of the run.
    public let moment: Timestamp
    /// What the run did.
    public let record: RunRecord
    /// How the champions did, a model each.
    public internal(set) var courses: [Course] = []
  }

  /// How the champion of one model did between two runs.
  public struct Course: Sendable {
    /// The model.
    public let model: String
    /// The version that served.
    public let champion: Int
    /// The version that had served before, when the run promoted another.
    public let predecessor: Int?
    /// Rows and frauds of the time.
    public let rowCount: Int
    /// How many of them are fraud.
    public let fraudCount: Int
    /// The champion's figures.
    public let served: [HeadlineMetric: Estimate]
    /// The figures of the first champion, never replaced.
    public let frozen: [HeadlineMetric: Estimate]
    /// The champion's average precision minus its predecessor's.
    public let gain: Estimate?

    /// Whether the promoted version did worse than its predecessor beyond the interval of the difference.
    public var isRegression: Bool { gain?.interval.map { $0.upperBound < 0 } ?? false }
  }

  /// The snapshot that everything was seen in.
  public let snapshotDigest: String
  /// The time between two runs.
  public let interval: TimeSpan
  /// The runs in order of time.
  public let weeks: [Week]

  /// The mean of a figure over the weeks in which both ways have one.
  public struct Mean: Equatable, Sendable {
    /// Of the champions of the weekly job.
    public let served: Double
    /// Of the first champion, never replaced.
    public let frozen: Double
    /// 95 % interval of the mean difference, weeks drawn again.
    public let interval: ClosedRange<Double>
    /// How many weeks it is of.
    public let weekCount: Int
  }

  /// The mean of `metric` of a model; `nil` when no week has it.
  public func mean(_ metric: HeadlineMetric, of model: String) -> Mean? {
    let pairs = weeks.flatMap(\.courses).filter { $0.model == model }.compactMap { course in
      zip(course.served[metric]?.value.value, course.frozen[metric]?.value.value)
    }
    guard !pairs.isEmpty else { return nil }
    let count = Double(pairs.count)
    var generator = SeededGenerator(seed: 0, stream: 0x6261_636B)
    let differences = (0..<1_000).map { _ in
      (0..<pairs.count).reduce(0.0) { sum, _ in
        let pair = pairs[generator.below(pairs.count)]
        return sum + pair.0 - pair.1
      } / count
    }.sorted()
    return Mean(
      served: pairs.reduce(0) { $0 + $1.0 } / count, frozen: pairs.reduce(0) { $0 + $1.1 } / count,
      interval: differences[25]...differences[974], weekCount: pairs.count)
  }

  /// All models that were judged.
  public var models: [String] {
    var seen: Set<String> = []
    return weeks.flatMap(\.courses).map(\.model).filter { seen.insert($0).inserted }
  }

  /// The document `backfill.json`.
  public var json: JSONValue {
    [
      "format": "anomalyze-backfill/1", "snapshot": .string(snapshotDigest),
      "every": .string(interval.description),
      "weeks": .array(
        weeks.map { week in
          [
            "as_of": .string(week.moment.description),
            "status": .string(week.record.status.rawValue),
            "failure": week.record.failure.map { .string($0) } ?? nil,
            "courses": .array(week.courses.map(\.json)),
          ]
        }),
      "means": .array(
        models.flatMap { model in
          HeadlineMetric.allCases.compactMap { metric -> JSONValue? in
            guard let mean = mean(metric, of: model) else { return nil }
            return [
              "model": .string(model), "metric": .string(metric.rawValue),
              "weekly": .number(mean.served), "frozen": .number(mean.frozen),
              "difference_lower": .number(mean.interval.lowerBound),
              "difference_upper": .number(mean.interval.upperBound),
              "weeks": .integer(Int64(mean.weekCount)),
            ]
          }
        }),
    ]
  }

  /// The course of `metric` of a model, weekly retraining beside the frozen first champion, as SVG.
  ///
  /// - Throws: `EvaluationError`.
  public func plot(
    _ metric: HeadlineMetric, of model: String, with plotter: Gnuplot
  ) throws(EvaluationError) -> String {
    func points(_ figures: KeyPath<Course, [HeadlineMetric: Estimate]>) -> [(Timestamp, Double)] {
      weeks.compactMap { week in
        let course = week.courses.first { $0.model == model }
        return zip(week.moment, course?[keyPath: figures][metric]?.value.value)
      }
    }
    return try CoursePlot(
      title: "\(model): \(metric.title) in the time after each run",
      lines: [
        .init(name: "retrained", points: points(\.served)),
        .init(name: "first model, frozen", points: points(\.frozen)),
      ]
    ).svg(with: plotter)
  }
}

/// Both values, or none.
private func zip<First, Second>(_ first: First?, _ second: Second?) -> (First, Second)? {
  guard let first, let second else { return nil }
  return (first, second)
}

extension BackfillReport.Course {
  fileprivate var json: JSONValue {
    func figures(_ figures: [HeadlineMetric: Estimate]) -> JSONValue {
      var object: JSONObject = [:]
      for metric in HeadlineMetric.allCases {
        object[metric.rawValue] = figures[metric]?.value.value.map { .number($0) } ?? .null
      }
      return .object(object)
    }
    return [
      "model": .string(model), "champion": .integer(Int64(champion)),
      "predecessor": predecessor.map { .integer(Int64($0)) } ?? nil,
      "rows": .integer(Int64(rowCount)), "frauds": .integer(Int64(fraudCount)),
      "served": figures(served), "frozen": figures(frozen),
      "gain": gain?.value.value.map { .number($0) } ?? nil,
      "gain_lower": gain?.interval.map { .number($0.lowerBound) } ?? nil,
      "gain_upper": gain?.interval.map { .number($0.upperBound) } ?? nil,
      "regression": .bool(isRegression),
    ]
  }
}
