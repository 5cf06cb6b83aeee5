internal import Dispatch
internal import Features
internal import JSON
internal import Models
internal import Synchronization
internal import Transactions

/// A challenger beside the model that answers: it judges the same transactions, and may answer a share of them.
///
/// With a share of 0 it is a shadow: nobody sees its answers, only the comparison grows. With a share it is also a canary:
/// the users whose names hash into the share get its answers, always the same users as long as the share stays.
public final class ModelTrial: Sendable {
  /// The challenger.
  public let challenger: ModelFollower
  /// The share of users that it answers, 0 ... 1.
  public let share: Double
  /// Where its share begins: after those of other challengers, so that no user is in two.
  private let start: Double
  private let comparison = Mutex(Comparison())
  private let queue: DispatchQueue
  private let backlog = Atomic(0)

  /// Past so many transactions that wait for the challenger, further ones are not compared.
  private static let backlogLimit = 10_000

  /// What both said about the same rows.
  struct Comparison: Equatable, Sendable {
    var comparedCount = 0
    var agreementCount = 0
    var championOnlyCount = 0
    var challengerOnlyCount = 0
    var sumOfDifferences = 0.0
    var largestDifference = 0.0
    var answeredCount = 0
    var failureCount = 0
    var skippedCount = 0
  }

  /// Makes a trial, whose share begins where those of the same model's challengers before it end.
  public init(challenger: ModelFollower, share: Double, after start: Double = 0) {
    self.challenger = challenger
    self.share = share
    self.start = start
    queue = DispatchQueue(label: "trial-\(challenger.name)@\(challenger.alias)")
  }

  /// Whether the challenger answers this user.
  func answers(_ userID: String) -> Bool {
    guard share > 0 else { return false }
    // FNV-1a: the same user falls on the same side in every process and after every restart.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in userID.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    let place = Double((hash ^ hash >> 32) & 0xFFFF_FFFF) / 4_294_967_296
    return place >= start && place < start + share
  }

  /// Notes that the challenger gave an answer.
  func noteAnswer() { comparison.withLock { $0.answeredCount += 1 } }

  /// Lets the challenger judge, later and in order, what was judged.
  func compare(_ subject: Subject, with judged: ScoringModel.Assessment) {
    guard backlog.load(ordering: .relaxed) < ModelTrial.backlogLimit else {
      comparison.withLock { $0.skippedCount += 1 }
      return
    }
    backlog.add(1, ordering: .relaxed)
    queue.async { [self] in
      backlog.subtract(1, ordering: .relaxed)
      guard let served = challenger.current else { return }
      let row: [Double]
      switch subject {
      case .transaction(let transaction): row = served.assess(transaction).row
      case .row(let features):
        guard features.names == served.featureNames else {
          return comparison.withLock { $0.skippedCount += 1 }
        }
        row = features.values
      }
      do throws(ModelError) {
        let other = try served.model.assess(row)
        comparison.withLock { $0.add(judged, other) }
      } catch {
        comparison.withLock { $0.failureCount += 1 }
      }
    }
  }

  /// What was judged.
  enum Subject: Sendable {
    case transaction(Transaction)
    case row((names: [String], values: [Double]))
  }

  /// Waits until everything handed over so far was compared.
  public func finish() { queue.sync {} }

  var counts: Comparison { comparison.withLock { $0 } }

  /// The comparison as the API shows it.
  var json: JSONValue {
    let counts = counts
    let compared = Double(max(counts.comparedCount, 1))
    return [
      "challenger": .string("\(challenger.name)@\(challenger.alias)"),
      "version": challenger.current.map { .string("\($0.version)") } ?? .null,
      "share": .number(share),
      "answered": .integer(Int64(counts.answeredCount)),
      "compared": .integer(Int64(counts.comparedCount)),
      "agreement": counts.comparedCount > 0
        ? .number(Double(counts.agreementCount) / compared) : .null,
      "only_champion_flagged": .integer(Int64(counts.championOnlyCount)),
      "only_challenger_flagged": .integer(Int64(counts.challengerOnlyCount)),
      "mean_difference": .number(counts.sumOfDifferences / compared),
      "largest_difference": .number(counts.largestDifference),
      "failed": .integer(Int64(counts.failureCount)),
      "skipped": .integer(Int64(counts.skippedCount)),
    ]
  }
}

extension ModelTrial.Comparison {
  fileprivate mutating func add(
    _ champion: ScoringModel.Assessment, _ challenger: ScoringModel.Assessment
  ) {
    comparedCount += 1
    let difference = (champion.probability - challenger.probability).magnitude
    sumOfDifferences += difference
    largestDifference = max(largestDifference, difference)
    switch (champion.isAnomaly, challenger.isAnomaly) {
    case (true, false): championOnlyCount += 1
    case (false, true): challengerOnlyCount += 1
    default: agreementCount += 1
    }
  }
}
