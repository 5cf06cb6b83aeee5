internal import Tabular

/// Yardsticks that learned nothing: a detector that does not beat them is not worth running.
public enum Baselines {
  /// Scores drawn at random, the same for the same seed.
  public static func random(rowCount: Int, seed: UInt64) -> DetectorScores {
    var generator = SeededGenerator(seed: seed, stream: 0x5241_4E44)
    return DetectorScores(
      name: "random", role: .baseline, scores: (0..<rowCount).map { _ in generator.uniform() })
  }

  /// The amount of the transaction as its score: look at the largest payments first.
  public static func amount(_ rows: EvaluationRows) -> DetectorScores {
    DetectorScores(
      name: "amount", role: .baseline, scores: rows.amounts.map { Double($0) / 1_000_000 })
  }
}
