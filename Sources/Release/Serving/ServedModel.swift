internal import Evaluation
internal import Features
internal import Files
internal import JSON
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
  /// Names of the features, in the order of rows.
  let featureNames: [String]
  /// The features as keys of JSON, each with its colon.
  let featureKeys: [[UInt8]]
  /// Positions of the features by name.
  let positions: [String: Int]
  /// What it was asked to judge, beside what it was trained on.
  let observations: ModelObservations
  private let state: Mutex<FeatureState>

  init(
    name: String, version: Int, digest: String, model: ScoringModel, engine: FeatureEngine,
    reference: DriftReference?, loadedAt: Double
  ) {
    self.name = name
    self.version = version
    self.digest = digest
    self.model = model
    self.loadedAt = loadedAt
    featureNames = model.features.names
    featureKeys = featureNames.map { JSONValue.string($0).bytes() + [UInt8(ascii: ":")] }
    positions = Dictionary(uniqueKeysWithValues: featureNames.enumerated().map { ($1, $0) })
    observations = ModelObservations(reference: reference)
    state = Mutex(FeatureState(engine: engine))
  }

  /// How answers name the version.
  var label: String { "\(name)/\(version)" }

  /// The features of a transaction and what the rules find in it; the state moves past it, once however often it is
  /// sent.
  func assess(_ transaction: Transaction) -> TransactionFeatures {
    state.withLock { $0.assess(transaction) }
  }

  /// A copy of the feature engine as it is now.
  var engine: FeatureEngine { state.withLock { $0.engine } }

  /// Continues from the histories of another version instead of those at the end of training, when they are of the same
  /// features and rules and have seen more; what the other one scored last is remembered too.
  func inherit(from other: ServedModel) {
    guard model.features == other.model.features, model.rules == other.model.rules else { return }
    let theirs = other.state.withLock { $0 }
    state.withLock { state in
      if theirs.engine.latestMoment > state.engine.latestMoment { state = theirs }
    }
  }

  /// Continues from stored histories, when they have seen more than those of training.
  ///
  /// - Throws: `FeatureError` when they are damaged or of other features.
  func restore(_ archive: SafetensorsArchive) throws(FeatureError) {
    var engine = engine
    try engine.restore(archive)
    state.withLock { state in
      if engine.latestMoment > state.engine.latestMoment { state = FeatureState(engine: engine) }
    }
  }

  /// How many transactions the state has seen, those of training included.
  var processedCount: Int64 { state.withLock { $0.engine.processedCount } }
}

/// What the engine makes of a transaction.
struct TransactionFeatures: Equatable, Sendable {
  let row: [Double]
  let findings: [RuleFinding]
}

/// The feature engine and the rows of the transactions that it saw last.
private struct FeatureState: Sendable {
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
