internal import JSON
public import Models
internal import ONNX

/// A detector as an ONNX graph that any runtime scores: version 8 of the format, operators 17, `ai.onnx.ml` 3.
///
/// The input is `features` (float32, rows × features). Outputs, one row for each: `score` (float32), `is_anomaly` (score >
/// threshold) and, when asked, `contributions` (float32, one column per feature) as `contributions(of:)` gives them. A
/// score that the graph cannot compute, such as of a row without a value that the forest would send down both branches,
/// is NaN and never a wrong number.
public struct ONNXExport: Sendable {
  /// What to put into the graph besides the score.
  public struct Options: Equatable, Sendable {
    /// Rows with a score above it are anomalies.
    public var threshold: Double
    /// Adds the output `contributions`.
    public var hasContributions: Bool

    /// Chooses the options.
    public init(threshold: Double, hasContributions: Bool = false) {
      self.threshold = threshold
      self.hasContributions = hasContributions
    }
  }

  let options: Options
  let producer: String

  /// An exporter that names `producer`, such as `anomalyze 1.0`, as the maker of its files.
  public init(_ options: Options, producer: String) {
    self.options = options
    self.producer = producer
  }

  /// Whether the graph is small enough to lie beside every version: hyperplanes take megabytes and are exported on request.
  public static func isCompact(_ detector: any AnomalyDetector) -> Bool {
    switch detector {
    case let forest as IsolationForest:
      forest.trees.termCount == 1 && forest.trees.categories.isEmpty
        && forest.trees.ranges.isEmpty
    default: detector is GaussianDetector
    }
  }

  /// The bytes of `model.onnx`; equal detectors give equal bytes.
  ///
  /// - Throws: `ExchangeError.notExpressible` for kinds without a graph and for contributions that no graph computes.
  public func bytes(of detector: any AnomalyDetector) throws(ExchangeError) -> [UInt8] {
    let body: ONNXGraphBody
    switch detector {
    case let forest as IsolationForest:
      try forest.requirePlainSplits(for: "ONNX")
      body = try graph(of: forest)
    case let gaussian as GaussianDetector: body = graph(of: gaussian)
    default:
      throw .notExpressible(
        model: "a detector of the kind \(type(of: detector).kind)", format: "ONNX",
        reason: "export its members instead")
    }
    let featureNames = detector.featureNames
    var outputs = [
      ONNXGraph.Table("score", .float32, columnCount: 1),
      ONNXGraph.Table("is_anomaly", .bool, columnCount: 1),
    ]
    if options.hasContributions {
      outputs.append(.init("contributions", .float32, columnCount: featureNames.count))
    }
    let comparison = ONNXNode("Greater", ["score", "threshold"], to: ["is_anomaly"])
    let graph = ONNXGraph(
      name: type(of: detector).kind, nodes: body.nodes + [comparison],
      constants: body.constants
        + [ONNXTensor("threshold", .float32([Float(options.threshold)]), shape: [1, 1])],
      inputs: [.init("features", .float32, columnCount: featureNames.count)], outputs: outputs)
    let names = JSONValue.array(featureNames.map { .string($0) })
    return ONNXModel(
      producer: producer, operatorSets: [("", 17), ("ai.onnx.ml", 3)], graph: graph,
      metadata: [
        ("kind", type(of: detector).kind), ("feature_names", names.text()),
        ("threshold", "\(options.threshold)"), ("missing_values", body.missingValues),
      ]
    ).encoded()
  }
}

/// What computes the score, and what it does with missing values.
struct ONNXGraphBody {
  var nodes: [ONNXNode]
  var constants: [ONNXTensor]
  var missingValues: String
}

extension Float {
  /// The largest float32 that is not above `value`: x ≤ value and x ≤ roundedDown(value) are the same for every float32 x.
  static func roundedDown(_ value: Double) -> Float {
    let nearest = Float(value)
    return Double(nearest) > value ? nearest.nextDown : nearest
  }
}
