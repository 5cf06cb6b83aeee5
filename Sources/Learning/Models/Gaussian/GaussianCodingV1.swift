internal import Files
internal import JSON
internal import Tabular

/// The stored form `gaussian/1`.
///
/// Description: `kind`, `format`, `feature_names`, `rows`, `shrinkage`, `ridge`, `constant_features`. Tensors, float64:
/// `location` and `inverse_scale` (features), `factor` (features × features, lower triangular, row-major), so that in
/// Python `numpy.linalg.norm(scipy.linalg.solve_triangular(factor, ((x - location) * inverse_scale).T, lower=True),
/// axis=0)` is the score.
enum GaussianCodingV1 {
  static let format: Int64 = 1

  static func encode(_ detector: GaussianDetector) -> EncodedDetector {
    let count = detector.featureNames.count
    return EncodedDetector(
      description: [
        "kind": .string(GaussianDetector.kind),
        "format": .integer(format),
        "feature_names": .array(detector.featureNames.map { .string($0) }),
        "rows": .integer(Int64(detector.notes.rowCount)),
        "shrinkage": .number(detector.notes.shrinkage),
        "ridge": .number(detector.notes.ridge),
        "constant_features": .array(detector.constantFeatures.map { .string($0) }),
      ],
      tensors: [
        Tensor("location", .float64(detector.location)),
        Tensor("inverse_scale", .float64(detector.inverseScale)),
        Tensor("factor", .float64(detector.factor.values), shape: [count, count]),
      ])
  }

  static func decode(_ encoded: EncodedDetector) throws(ModelError) -> GaussianDetector {
    let description = encoded.description
    func fail(_ reason: String) -> ModelError { .malformed(reason: "Gaussian model: \(reason)") }
    guard description["kind"]?.stringValue == GaussianDetector.kind else {
      throw fail("kind is another")
    }
    guard description["format"]?.integerValue == format else {
      throw fail("the format is not gaussian/\(format)")
    }
    guard let names = description["feature_names"]?.arrayValue?.map(\.stringValue),
      !names.contains(nil)
    else { throw fail("feature_names is not a list of names") }
    guard let rows = description["rows"]?.integerValue,
      let shrinkage = description["shrinkage"]?.doubleValue,
      let ridge = description["ridge"]?.doubleValue
    else { throw fail("rows, shrinkage or ridge is missing") }
    func doubles(_ name: String, shape: [Int]) throws(ModelError) -> [Double] {
      let found = encoded.tensors.filter { $0.name == name }
      guard found.count == 1, case .float64(let values) = found[0].elements else {
        throw fail("the array \(name) is missing or of another type")
      }
      guard found[0].shape == shape else { throw fail("the array \(name) has another shape") }
      return values
    }
    let count = names.count
    let detector = try GaussianDetector(
      featureNames: names.compactMap { $0 },
      location: doubles("location", shape: [count]),
      inverseScale: doubles("inverse_scale", shape: [count]),
      factor: Matrix(
        rowCount: count, columnCount: count, values: doubles("factor", shape: [count, count])),
      notes: GaussianDetector.Notes(rowCount: Int(rows), shrinkage: shrinkage, ridge: ridge))
    let constants = description["constant_features"]?.arrayValue?.map(\.stringValue)
    guard constants == detector.constantFeatures else {
      throw fail("constant_features is not what the scales say")
    }
    return detector
  }
}

extension GaussianDetector {
  /// The model in the form `gaussian/1`, readable with numpy and the safetensors package.
  public func encoded() -> EncodedDetector { GaussianCodingV1.encode(self) }

  /// Restores a model.
  ///
  /// - Throws: `ModelError.malformed` when a part is missing or inconsistent.
  public init(decoding encoded: EncodedDetector) throws(ModelError) {
    self = try GaussianCodingV1.decode(encoded)
  }
}
