/// The scores of the Numenta anomaly benchmark, written from its published description.
public enum NumentaBenchmark {
  /// The score at one threshold for all series.
  ///
  /// - Parameters:
  ///   - series: Times and windows of anomalies of each series.
  ///   - scores: One list a series, one finite number a row; higher is more anomalous.
  ///   - profile: What a true and a false alarm are worth.
  ///   - threshold: Rows that score at least this are alarms.
  /// - Throws: `EvaluationError.rowCountMismatch` or `.invalidScore`.
  /// - Complexity: O(rows).
  public static func score(
    _ series: [NumentaSeries], scores: [[Double]], profile: NumentaProfile = .standard,
    threshold: Double
  ) throws(EvaluationError) -> NumentaScore {
    try check(series, scores)
    var total = 0.0
    var found = 0
    var falseAlarms = 0
    for (one, scores) in zip(series, scores) {
      var best = [Double?](repeating: nil, count: one.windows.count)
      for row in one.probationCount..<one.rowCount where scores[row] >= threshold {
        let window = one.windowOfRow[row]
        if window < 0 {
          total += profile.falsePositive * one.rowWorths[row]
          falseAlarms += 1
        } else {
          best[window] = max(best[window] ?? -.infinity, one.rowWorths[row])
        }
      }
      for worth in best.compactMap({ $0 }) {
        total += gain(worth, profile)
        found += 1
      }
    }
    return NumentaScore(
      value: normalized(total, series, profile), threshold: threshold, windowsFound: found,
      windowCount: windowCount(series), falseAlarmRows: falseAlarms)
  }

  /// The score at the threshold that is best for all series together, as the benchmark's leader board is made.
  ///
  /// Rows are added from the highest score down; ties enter together.
  ///
  /// - Throws: `EvaluationError.rowCountMismatch` or `.invalidScore`.
  /// - Complexity: O(rows · log rows).
  public static func bestScore(
    _ series: [NumentaSeries], scores: [[Double]], profile: NumentaProfile = .standard
  ) throws(EvaluationError) -> NumentaScore {
    try check(series, scores)
    var rows: [(score: Double, series: Int, row: Int)] = []
    for (index, one) in series.enumerated() {
      for row in one.probationCount..<one.rowCount { rows.append((scores[index][row], index, row)) }
    }
    rows.sort { ($1.score, $0.series, $0.row) < ($0.score, $1.series, $1.row) }
    var gains = series.map { [Double?](repeating: nil, count: $0.windows.count) }
    var (total, best, threshold) = (0.0, 0.0, Double.infinity)
    var (found, falseAlarms, bestFound, bestFalseAlarms) = (0, 0, 0, 0)
    for (position, entry) in rows.enumerated() {
      let one = series[entry.series]
      let window = one.windowOfRow[entry.row]
      if window < 0 {
        total += profile.falsePositive * one.rowWorths[entry.row]
        falseAlarms += 1
      } else {
        let gain = gain(one.rowWorths[entry.row], profile)
        let known = gains[entry.series][window]
        if known == nil { found += 1 }
        if gain > known ?? -.infinity {
          total += gain - (known ?? 0)
          gains[entry.series][window] = gain
        }
      }
      let isLastOfTie = position + 1 == rows.count || rows[position + 1].score < entry.score
      if isLastOfTie && total > best {
        (best, threshold) = (total, entry.score)
        (bestFound, bestFalseAlarms) = (found, falseAlarms)
      }
    }
    return NumentaScore(
      value: normalized(best, series, profile), threshold: threshold, windowsFound: bestFound,
      windowCount: windowCount(series), falseAlarmRows: bestFalseAlarms)
  }

  /// The score when each half of the series is judged by the threshold that is best for the other half.
  ///
  /// Series at even and at odd positions are the halves.
  ///
  /// - Throws: `EvaluationError.rowCountMismatch` or `.invalidScore`.
  public static func twoFoldScore(
    _ series: [NumentaSeries], scores: [[Double]], profile: NumentaProfile = .standard
  ) throws(EvaluationError) -> Double {
    try check(series, scores)
    var sum = 0.0
    for parity in 0...1 {
      let judged = series.indices.filter { $0 % 2 == parity }
      let others = series.indices.filter { $0 % 2 != parity }
      let threshold = try bestScore(
        others.map { series[$0] }, scores: others.map { scores[$0] }, profile: profile
      ).threshold
      let half = judged.map { series[$0] }
      let score = try score(
        half, scores: judged.map { scores[$0] }, profile: profile, threshold: threshold)
      sum += score.value * Double(windowCount(half))
    }
    return sum / Double(max(windowCount(series), 1))
  }

  /// What finding a window adds: the alarm's worth, and the penalty for missing it that falls away.
  private static func gain(_ worth: Double, _ profile: NumentaProfile) -> Double {
    worth * profile.truePositive + profile.falseNegative
  }

  private static func windowCount(_ series: [NumentaSeries]) -> Int {
    series.reduce(0) { $0 + $1.windows.count }
  }

  private static func normalized(
    _ total: Double, _ series: [NumentaSeries], _ profile: NumentaProfile
  ) -> Double {
    let range = (profile.truePositive + profile.falseNegative) * Double(windowCount(series))
    return range > 0 ? 100 * total / range : 0
  }

  private static func check(
    _ series: [NumentaSeries], _ scores: [[Double]]
  ) throws(EvaluationError) {
    guard series.count == scores.count else {
      throw .rowCountMismatch(column: "scores", expected: series.count, actual: scores.count)
    }
    for (index, (one, scores)) in zip(series, scores).enumerated() {
      guard one.rowCount == scores.count else {
        throw .rowCountMismatch(
          column: "scores of series \(index)", expected: one.rowCount, actual: scores.count)
      }
      if let row = scores.firstIndex(where: { !$0.isFinite }) {
        throw .invalidScore(detector: "of series \(index)", row: String(row))
      }
    }
  }
}
