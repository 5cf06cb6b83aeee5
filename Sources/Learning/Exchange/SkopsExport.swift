internal import Compression
internal import JSON
public import Models

/// An isolation forest as a `.skops` file: `skops.io.load` makes a scikit-learn `IsolationForest` of it that scores alike.
///
/// The trees are scikit-learn 1.9's; skops asks to trust the type `sklearn.tree._tree.Tree`. Splits that weigh both
/// branches of a missing value do not exist there: such a row follows the branch that had more rows. Path lengths are
/// stored in scikit-learn's unit, so that `score_samples` is −score whatever formula of c(n) the forest uses;
/// `offset_` is −threshold.
public enum SkopsExport {
  static let scikitLearnVersion = "1.9.1"
  static let skopsVersion = "0.16.0"

  /// The bytes of the file.
  ///
  /// - Throws: `ExchangeError.notExpressible` for forests whose splits scikit-learn does not have.
  public static func bytes(
    of forest: IsolationForest, threshold: Double
  ) throws(ExchangeError) -> [UInt8] {
    var archive = ZipArchive()
    for (name, content) in try files(of: forest, threshold: threshold) {
      archive.append(content, name: name)
    }
    return archive.bytes
  }

  /// The files within the archive.
  public static func files(
    of forest: IsolationForest, threshold: Double
  ) throws(ExchangeError) -> [(name: String, bytes: [UInt8])] {
    try forest.requirePlainSplits(for: "skops")
    guard forest.trees.volumes.isEmpty else {
      throw .notExpressible(
        model: "an isolation forest that measures densities", format: "skops",
        reason: "scikit-learn scores by depth alone; export it as onnx or sql")
    }
    guard forest.trees.termCount == 1 else {
      throw .notExpressible(
        model: "an extended isolation forest", format: "skops",
        reason: "scikit-learn splits on one feature at a time; export it as onnx or sql")
    }
    var schema = SkopsSchema()
    let root = describe(forest, threshold: threshold, in: &schema)
    guard var document = root.objectValue else { return [] }
    document["protocol"] = 2
    document["_skops_version"] = .string(skopsVersion)
    return schema.files + [("schema.json", JSONValue.object(document).bytes(.compact))]
  }

  private static func describe(
    _ forest: IsolationForest, threshold: Double, in schema: inout SkopsSchema
  ) -> JSONValue {
    let featureCount = Int64(forest.featureNames.count)
    let trees = (0..<forest.treeCount).map { SkopsTree(forest, tree: $0) }
    let depth = Int64(trees.map(\.maximumDepth).max() ?? 0)
    let parameters = treeParameters(maximumDepth: depth)
    let estimator = estimator(parameters, [], in: &schema)
    let estimators = trees.map { tree in
      let fitted: [(key: String, value: JSONValue)] = [
        ("n_features_in_", schema.plain(.integer(featureCount))),
        ("n_outputs_", schema.plain(1)), ("max_features_", schema.plain(1)),
        ("tree_", tree.describe(featureCount: featureCount, in: &schema)),
      ]
      return Self.estimator(parameters, fitted, in: &schema)
    }
    let allFeatures = NumpyArray.encode((0..<featureCount).map { $0 })
    var attributes: [(key: String, value: JSONValue)] = [
      ("estimator", .null), ("n_estimators", .integer(Int64(forest.treeCount))),
      ("max_samples", .integer(Int64(forest.sampleCount))), ("max_features", .number(1)),
      ("bootstrap", false), ("bootstrap_features", false), ("oob_score", false),
      ("warm_start", false), ("n_jobs", .null), ("random_state", .null), ("verbose", 0),
      ("contamination", "auto"), ("n_features_in_", .integer(featureCount)),
      ("max_samples_", .integer(Int64(forest.sampleCount))),
      ("_n_samples", .integer(Int64(forest.sampleCount))),
      ("_max_samples", .integer(Int64(forest.sampleCount))),
      ("_max_features", .integer(featureCount)), ("_sample_weight", .null),
      ("offset_", .number(-threshold)), ("_sklearn_version", .string(scikitLearnVersion)),
    ].map { ($0.0, schema.plain($0.1)) }
    attributes += [
      ("estimator_params", schema.tuple([])), ("estimator_", estimator),
      ("estimators_", schema.list(estimators)),
      ("estimators_features_", schema.list(trees.map { _ in schema.array(allFeatures) })),
      ("_seeds", schema.array(NumpyArray.encode(trees.map { _ in 0 }))),
      (
        "_average_path_length_per_tree",
        schema.tuple(
          trees.map { schema.array(NumpyArray.encode($0.averages, shape: [$0.averages.count])) })
      ),
      (
        "_decision_path_lengths",
        schema.tuple(trees.map { schema.array(NumpyArray.encode($0.nodesOnPath)) })
      ),
    ]
    return schema.object("IsolationForest", module: "sklearn.ensemble._iforest", attributes)
  }

  private static func treeParameters(
    maximumDepth: Int64
  ) -> [(key: String, value: JSONValue)] {
    [
      ("criterion", "squared_error"), ("splitter", "random"), ("max_depth", .integer(maximumDepth)),
      ("min_samples_split", 2), ("min_samples_leaf", 1), ("min_weight_fraction_leaf", .number(0)),
      ("max_features", 1), ("max_leaf_nodes", .null), ("random_state", 0),
      ("min_impurity_decrease", .number(0)), ("class_weight", .null), ("ccp_alpha", .number(0)),
      ("monotonic_cst", .null),
    ]
  }

  private static func estimator(
    _ parameters: [(key: String, value: JSONValue)],
    _ fitted: [(key: String, value: JSONValue)], in schema: inout SkopsSchema
  ) -> JSONValue {
    let version: JSONValue = .string(scikitLearnVersion)
    return schema.object(
      "ExtraTreeRegressor", module: "sklearn.tree._classes",
      parameters.map { ($0.key, schema.plain($0.value)) } + fitted
        + [("_sklearn_version", schema.plain(version))])
  }
}
