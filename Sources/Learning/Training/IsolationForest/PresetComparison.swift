internal import Models
public import Tabular

/// Presets of the forest fitted on the same rows and compared, so that the data decides which one serves.
///
/// No preset wins everywhere: an oracle that chooses for each of 37 public data sets gains more than any single one.
/// Where labels or analysts' feedback exist, the choice is by their quality; where they do not, by stability: a preset
/// whose seeds agree on which rows stand out has found a structure rather than chance.
public struct PresetComparison: Equatable, Sendable {
  /// How presets were compared.
  public enum Criterion: String, Sendable {
    /// By what the labels say.
    case labels
    /// By the agreement of seeds.
    case stability
  }

  /// One preset and how it did.
  public struct Candidate: Equatable, Sendable {
    /// The preset.
    public let preset: IsolationForestParameters.Preset
    /// All its settings.
    public let parameters: IsolationForestParameters
    /// Higher is better.
    public let quality: Double
  }

  /// How they were compared.
  public let criterion: Criterion
  /// The presets in the order in which they were given.
  public let candidates: [Candidate]

  /// The best one; of equals the first.
  public var best: Candidate {
    candidates.reduce(candidates[0]) { $1.quality > $0.quality ? $1 : $0 }
  }

  /// How many seeds are compared for stability.
  static let seedCount: UInt64 = 3
  /// Rows that stand out: this share of them, and at least `leastTopCount`.
  static let topShare = 0.01
  static let leastTopCount = 10

  /// Fits each of `presets` and compares them.
  ///
  /// - Parameters:
  ///   - presets: At least one, each with its settings.
  ///   - matrix: `rows × features`, the training rows.
  ///   - featureNames: Names of the columns, in their order.
  ///   - rowKeys: A key of each row, from which samples are drawn; `nil` to draw by position.
  ///   - threadCount: How many threads work; no result depends on it.
  ///   - quality: What scores of the rows are worth by their labels; `nil` where there are none.
  /// - Throws: As `IsolationForestLearner.fit`.
  public init(
    _ presets: [(preset: IsolationForestParameters.Preset, parameters: IsolationForestParameters)],
    on matrix: Matrix<Double>, featureNames: [String], rowKeys: [UInt64]?, threadCount: Int,
    quality: (([Double]) -> Double)?
  ) throws(TrainingError) {
    precondition(!presets.isEmpty, "there is something to compare")
    criterion = quality == nil ? .stability : .labels
    var candidates: [Candidate] = []
    for (preset, parameters) in presets {
      func scores(seed: UInt64) throws(TrainingError) -> [Double] {
        let learner = IsolationForestLearner(
          parameters: parameters.with(contamination: .automatic, seed: seed))
        let forest = try learner.fit(
          matrix, featureNames: featureNames, rowKeys: rowKeys, threadCount: threadCount)
        do throws(ModelError) {
          return try forest.scores(of: matrix, threadCount: threadCount)
        } catch {
          throw .model(error)
        }
      }
      let value: Double
      if let quality {
        value = quality(try scores(seed: parameters.seed))
      } else {
        var tops: [Set<Int>] = []
        for offset in 0..<Self.seedCount {
          tops.append(Self.top(try scores(seed: parameters.seed &+ offset)))
        }
        value = Self.agreement(tops)
      }
      candidates.append(Candidate(preset: preset, parameters: parameters, quality: value))
    }
    self.candidates = candidates
  }

  /// The rows with the highest scores.
  private static func top(_ scores: [Double]) -> Set<Int> {
    let count = min(scores.count, max(leastTopCount, Int(topShare * Double(scores.count))))
    return Set(scores.indices.sorted { (scores[$0], $1) > (scores[$1], $0) }.prefix(count))
  }

  /// The mean over all pairs of shared rows ÷ rows of either.
  private static func agreement(_ tops: [Set<Int>]) -> Double {
    var total = 0.0
    var pairCount = 0.0
    for first in tops.indices {
      for second in tops.indices where second > first {
        let shared = tops[first].intersection(tops[second]).count
        total += Double(shared) / Double(tops[first].union(tops[second]).count)
        pairCount += 1
      }
    }
    return pairCount > 0 ? total / pairCount : 1
  }
}
