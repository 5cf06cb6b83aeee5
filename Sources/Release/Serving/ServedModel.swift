internal import Features
public import Models
internal import Synchronization
internal import Transactions

/// One version of a model in memory, with the feature state that continues where its training data ended.
///
/// A request keeps the value that it started with, so a version leaves memory when its last request has ended.
public final class ServedModel: Sendable {
  /// Name of the model.
  public let name: String
  /// Number of the version.
  public let version: Int
  /// Digest of the version's content.
  public let digest: String
  /// What scores.
  public let model: ScoringModel
  /// When it was loaded, in Unix seconds.
  let loadedAt: Double
  /// Positions of the features by name.
  let positions: [String: Int]
  private let state: Mutex<FeatureState>

  init(
    name: String, version: Int, digest: String, model: ScoringModel, engine: FeatureEngine,
    loadedAt: Double
  ) {
    self.name = name
    self.version = version
    self.digest = digest
    self.model = model
    self.loadedAt = loadedAt
    positions = Dictionary(
      uniqueKeysWithValues: model.features.names.enumerated().map { ($1, $0) })
    state = Mutex(FeatureState(engine: engine))
  }

  /// The features of a transaction and what the rules find in it; the state moves past it, once however often it is
  /// sent.
  func assess(_ transaction: Transaction) -> TransactionFeatures {
    state.withLock { $0.assess(transaction) }
  }

  /// How many transactions the state has seen, those of training included.
  var processedCount: Int64 { state.withLock { $0.engine.processedCount } }
}

/// What the engine makes of a transaction.
struct TransactionFeatures: Equatable {
  let row: [Double]
  let findings: [RuleFinding]
}

/// The feature engine and the rows of the transactions that it saw last.
private struct FeatureState {
  /// A client that got no answer sends again; so many transactions later it must not.
  static let rememberedCount = 10_000

  var engine: FeatureEngine
  private var rows: [String: TransactionFeatures] = [:]
  private var order: [String] = []
  private var oldest = 0

  init(engine: FeatureEngine) { self.engine = engine }

  mutating func assess(_ transaction: Transaction) -> TransactionFeatures {
    if let row = rows[transaction.id] { return row }
    let (features, findings) = engine.assess(transaction)
    let row = TransactionFeatures(row: features, findings: findings)
    if order.count < FeatureState.rememberedCount {
      order.append(transaction.id)
    } else {
      rows[order[oldest]] = nil
      order[oldest] = transaction.id
      oldest = (oldest + 1) % FeatureState.rememberedCount
    }
    rows[transaction.id] = row
    return row
  }
}
