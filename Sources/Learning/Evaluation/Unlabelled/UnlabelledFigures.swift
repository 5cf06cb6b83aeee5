/// What can be said about a detector without any label.
public struct UnlabelledFigures: Equatable, Sendable {
  /// How far the same detector with another seed agrees.
  public struct Stability: Equatable, Sendable {
    /// How many other seeds were tried.
    public let seedCount: Int
    /// Mean rank correlation with the detector's scores.
    public let rankCorrelation: MetricValue
    /// Mean share of the highest scores that are also among the other's.
    public let sharedAlerts: MetricValue

    /// Compares scores with those of the same detector under other seeds.
    ///
    /// - Parameters:
    ///   - scores: One score a row.
    ///   - others: Scores of the same rows under each other seed.
    ///   - alertCount: How many of the highest scores count as alerts.
    ///   - threadCount: How many threads work; no result depends on it.
    public init(scores: [Double], others: [[Double]], alertCount: Int, threadCount: Int = 1) {
      seedCount = others.count
      let own = ScoreOrder.descending(scores, threadCount: threadCount)
      let ranks = RankCorrelation.ranks(scores, order: own)
      let alerts = Set(own.prefix(alertCount))
      var correlations: [Double] = []
      var shared = 0
      for other in others {
        let order = ScoreOrder.descending(other, threadCount: threadCount)
        if let value = RankCorrelation.ofRanks(ranks, RankCorrelation.ranks(other, order: order))
          .value
        {
          correlations.append(value)
        }
        shared += order.prefix(alertCount).count { alerts.contains($0) }
      }
      rankCorrelation = .ratio(
        correlations.reduce(0, +), Double(correlations.count),
        otherwise: "the scores are constant")
      sharedAlerts = .ratio(
        Double(shared), Double(others.count * alerts.count), otherwise: "there is no alert")
    }
  }

  /// Share of the test rows above the detector's own threshold.
  public let contaminationImplied: MetricValue
  /// The share of training rows that the threshold was set for; `nil` when the detector knows none.
  public let contaminationExpected: Double?
  /// `nil` when the detector draws nothing at random.
  public let stability: Stability?
  /// `nil` when nobody scored uniform points.
  public let massVolume: MassVolume?

  /// Joins the figures.
  ///
  /// - Parameters:
  ///   - scores: One score a row.
  ///   - threshold: Rows that score higher are anomalies to the detector.
  ///   - contaminationExpected: The share of anomalies that the detector was told.
  ///   - stability: Agreement with other seeds, when there are any.
  ///   - massVolume: Mass-volume curve, when it was drawn.
  public init(
    scores: [Double], threshold: Double, contaminationExpected: Double? = nil,
    stability: Stability? = nil, massVolume: MassVolume? = nil
  ) {
    contaminationImplied = .ratio(
      Double(scores.count { $0 > threshold }), Double(scores.count), otherwise: "there is no row")
    self.contaminationExpected = contaminationExpected
    self.stability = stability
    self.massVolume = massVolume
  }
}
