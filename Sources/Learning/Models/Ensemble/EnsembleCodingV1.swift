internal import Files
internal import JSON

/// The stored form `ensemble/1`.
///
/// Description: `kind`, `format`, `feature_names`, `combination`, and `members`, a list of `{weight, tail_scale, feature}`
/// or `{weight, tail_scale, detector}`, the latter with the member's own description. Tensors, i being the position of
/// the member: `i/tail_scores` and `i/tail_evidence` (float64), and the member's own tensors as `i/<name>`. With the
/// combination `fitted` also `intercept` and the tensors `i/curve_evidence` and `i/curve_rises`.
enum EnsembleCodingV1 {
  static let format: Int64 = 1

  /// What may be a member; an ensemble may not.
  private static let kinds: [String: any AnomalyDetector.Type] = [
    IsolationForest.kind: IsolationForest.self, GaussianDetector.kind: GaussianDetector.self,
  ]

  static func encode(_ ensemble: EnsembleDetector) -> EncodedDetector {
    var tensors: [Tensor] = []
    var members: [JSONValue] = []
    for (index, member) in ensemble.members.enumerated() {
      tensors.append(Tensor("\(index)/tail_scores", .float64(member.calibration.scores)))
      tensors.append(Tensor("\(index)/tail_evidence", .float64(member.calibration.evidence)))
      if let curve = member.curve {
        tensors.append(Tensor("\(index)/curve_evidence", .float64(curve.evidence)))
        tensors.append(Tensor("\(index)/curve_rises", .float64(curve.rises)))
      }
      var description: JSONObject = [
        "weight": .number(member.weight), "tail_scale": .number(member.calibration.tailScale),
      ]
      switch member.source {
      case .feature(let name): description["feature"] = .string(name)
      case .detector(let detector):
        let encoded = detector.encoded()
        description["detector"] = .object(encoded.description)
        for tensor in encoded.tensors {
          tensors.append(
            Tensor("\(index)/\(tensor.name)", tensor.elements, shape: tensor.shape))
        }
      }
      members.append(.object(description))
    }
    var description: JSONObject = [
      "kind": .string(EnsembleDetector.kind),
      "format": .integer(format),
      "feature_names": .array(ensemble.featureNames.map { .string($0) }),
      "combination": .string(ensemble.combination.rawValue),
    ]
    if ensemble.combination == .fitted { description["intercept"] = .number(ensemble.intercept) }
    description["members"] = .array(members)
    return EncodedDetector(description: description, tensors: tensors)
  }

  static func decode(_ encoded: EncodedDetector) throws(ModelError) -> EnsembleDetector {
    let description = encoded.description
    func fail(_ reason: String) -> ModelError { .malformed(reason: "ensemble: \(reason)") }
    guard description["kind"]?.stringValue == EnsembleDetector.kind else {
      throw fail("kind is another")
    }
    guard description["format"]?.integerValue == format else {
      throw fail("the format is not ensemble/\(format)")
    }
    guard let names = description["feature_names"]?.arrayValue?.map(\.stringValue),
      !names.contains(nil)
    else { throw fail("feature_names is not a list of names") }
    guard
      let combination = description["combination"]?.stringValue.flatMap({
        EnsembleDetector.Combination(rawValue: $0)
      })
    else { throw fail("combination is unknown") }
    guard let stored = description["members"]?.arrayValue else { throw fail("it has no members") }
    var members: [EnsembleDetector.Member] = []
    for (index, member) in stored.enumerated() {
      let prefix = "\(index)/"
      let tensors = encoded.tensors.filter { $0.name.hasPrefix(prefix) }.map {
        Tensor(String($0.name.dropFirst(prefix.count)), $0.elements, shape: $0.shape)
      }
      guard let weight = member["weight"]?.doubleValue,
        let scale = member["tail_scale"]?.doubleValue
      else { throw fail("a member has no weight or tail scale") }
      func doubles(_ name: String) throws(ModelError) -> [Double] {
        guard case .float64(let values)? = tensors.first(where: { $0.name == name })?.elements
        else { throw fail("the array \(prefix)\(name) is missing or of another type") }
        return values
      }
      let calibration = try TailCalibration(
        scores: doubles("tail_scores"), evidence: doubles("tail_evidence"), tailScale: scale)
      let curve =
        combination == .fitted
        ? try LogOddsCurve(evidence: doubles("curve_evidence"), rises: doubles("curve_rises"))
        : nil
      members.append(
        EnsembleDetector.Member(
          source: try source(member, tensors: tensors), calibration: calibration, curve: curve,
          weight: weight))
    }
    let intercept = combination == .fitted ? description["intercept"]?.doubleValue : 0
    guard let intercept else { throw fail("the intercept is missing") }
    return try EnsembleDetector(
      featureNames: names.compactMap { $0 }, members: members, combination: combination,
      intercept: intercept)
  }

  private static func source(
    _ member: JSONValue, tensors: [Tensor]
  ) throws(ModelError) -> EnsembleDetector.Source {
    if let feature = member["feature"]?.stringValue { return .feature(feature) }
    guard let description = member["detector"]?.objectValue,
      let kind = description["kind"]?.stringValue, let type = kinds[kind]
    else { throw .malformed(reason: "ensemble: a member is neither a feature nor a detector") }
    return .detector(
      try type.init(
        decoding: EncodedDetector(
          description: description,
          tensors: tensors.filter { !$0.name.hasPrefix("tail_") && !$0.name.hasPrefix("curve_") })))
  }
}

extension EnsembleDetector {
  /// The model in the form `ensemble/1`.
  public func encoded() -> EncodedDetector { EnsembleCodingV1.encode(self) }

  /// Restores a model.
  ///
  /// - Throws: `ModelError.malformed` when a part is missing or inconsistent.
  public init(decoding encoded: EncodedDetector) throws(ModelError) {
    self = try EnsembleCodingV1.decode(encoded)
  }
}
