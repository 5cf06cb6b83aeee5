internal import Models

/// Why a model has no form in another program's format.
public enum ExchangeError: Error, Equatable, CustomStringConvertible {
  /// The format cannot hold what the model does.
  case notExpressible(model: String, format: String, reason: String)
  /// The model has fewer trees.
  case noSuchTree(index: Int, treeCount: Int)

  public var description: String {
    switch self {
    case .notExpressible(let model, let format, let reason):
      "\(model) cannot be exported as \(format): \(reason)"
    case .noSuchTree(let index, let treeCount):
      "there is no tree \(index); the forest has the trees 0 to \(treeCount - 1)"
    }
  }
}

extension IsolationForest {
  /// Refuses `format` for forests over categories and for those that penalize ranges.
  func requirePlainSplits(for format: String) throws(ExchangeError) {
    guard trees.ranges.isEmpty else {
      throw .notExpressible(
        model: "an isolation forest that penalizes ranges", format: format,
        reason:
          "its splits do more than part rows; score with anomalyze, or fit without penalize_range")
    }
    guard trees.categories.isEmpty else {
      throw .notExpressible(
        model:
          "an isolation forest over categories (\(categoricalFeatureNames.joined(separator: ", ")))",
        format: format,
        reason: "it has no such columns; score with anomalyze, or fit without categorical_features")
    }
  }
}
