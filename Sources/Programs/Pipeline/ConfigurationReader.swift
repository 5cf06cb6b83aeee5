internal import Features
internal import JSON
internal import Transactions
internal import YAML

/// Reads values out of a configuration and blames the place of those that are wrong.
struct ConfigurationReader {
  let document: YAMLDocument

  func failure(_ path: String, _ reason: String) -> ConfigurationError {
    ConfigurationError(document.error(at: path, reason).description)
  }

  /// The value at a path of keys joined by dots.
  private func value(_ path: String) -> JSONValue? {
    path.split(separator: ".").reduce(document.json) { value, key in value?[String(key)] }
  }

  /// Whether the configuration says anything at `path`.
  func has(_ path: String) -> Bool { value(path).map { $0 != .null } ?? false }

  func optionalText(_ path: String) throws(ConfigurationError) -> String? {
    has(path) ? try text(path) : nil
  }

  /// What is written at `path`, or what holds without it.
  private func given(_ path: String) -> JSONValue {
    value(path) ?? ConfigurationKey.fallback(at: path) ?? .null
  }

  func texts(_ path: String) throws(ConfigurationError) -> [String] {
    let value = given(path) == .null ? [] : given(path)
    let texts = value.arrayValue?.compactMap(\.stringValue)
    guard let texts, texts.count == value.arrayValue?.count else {
      throw failure(path, "expected a list of texts, found \(value.kindName)")
    }
    return texts
  }

  func checkKeys(at path: String) throws(ConfigurationError) {
    let allowed = ConfigurationKey.names(in: path)
    guard let value = path.isEmpty ? document.json : value(path), value != .null else { return }
    guard let object = value.objectValue else {
      throw failure(path, "expected keys and values, found \(value.kindName)")
    }
    for key in object.keys where !allowed.contains(key) {
      throw failure(
        path.isEmpty ? key : "\(path).\(key)",
        "unknown key; allowed are \(allowed.joined(separator: ", "))")
    }
  }

  func text(_ path: String) throws(ConfigurationError) -> String {
    let value = given(path)
    guard let text = value.stringValue, !text.isEmpty else {
      throw failure(path, "expected a text, found \(value.kindName)")
    }
    return text
  }

  func span(_ path: String) throws(ConfigurationError) -> TimeSpan {
    let value = given(path)
    guard let span = value.stringValue.flatMap({ TimeSpan(parsing: $0) }) else {
      throw failure(path, "expected a time span such as 7d or 12h, found \(value.kindName)")
    }
    return span
  }

  func flag(_ path: String) throws(ConfigurationError) -> Bool {
    let value = given(path)
    guard let flag = value.boolValue else {
      throw failure(path, "expected true or false, found \(value.kindName)")
    }
    return flag
  }

  func number(
    _ path: String, in range: ClosedRange<Double>
  ) throws(ConfigurationError) -> Double {
    let value = given(path)
    guard let number = value.doubleValue, range.contains(number) else {
      throw failure(
        path,
        "expected a number in \(range.lowerBound) ... \(range.upperBound), found \(value.text())")
    }
    return number
  }

  func count(_ path: String) throws(ConfigurationError) -> Int {
    let value = given(path)
    guard let count = value.integerValue, count > 0 else {
      throw failure(path, "expected a whole number above 0, found \(value.text())")
    }
    return Int(count)
  }

  func evaluation() throws(ConfigurationError) -> LabConfiguration.Evaluation {
    let path = "evaluation"
    try checkKeys(at: path)
    return LabConfiguration.Evaluation(
      training: try span("\(path).training"),
      trainingRowLimit: try count(
        "\(path).training_rows"),
      delay: try span("\(path).delay"),
      validation: try span("\(path).validation"),
      test: try span("\(path).test"),
      dropsKnownCompromised: try flag("\(path).drop_known_compromised"),
      refusesKnownEntities: try flag("\(path).refuse_known_entities"),
      alertsPerDay: try count("\(path).alerts_per_day"),
      contamination: try number("\(path).contamination", in: 1e-6...0.5),
      targetPrecision: try number("\(path).target_precision", in: 1e-6...1),
      costPerAlert: try number("\(path).cost_per_alert", in: 0...1e12),
      costPerMissedFraud: try number(
        "\(path).cost_per_missed_fraud", in: 0...1e12))
  }

  func signatures(_ located: (String) -> String) throws(ConfigurationError) -> SignaturePolicy? {
    let path = "signatures"
    try checkKeys(at: path)
    guard let value = document.json[path], value != .null else { return nil }
    guard value["public_key"] != nil else {
      throw failure(path, "expected public_key: the PEM file of the signer's public key")
    }
    return SignaturePolicy(
      publicKeyPath: located(try text("\(path).public_key")),
      isRequired: try flag("\(path).required"))
  }

  func models() throws(ConfigurationError) -> [LabConfiguration.Model] {
    guard let list = document.json["models"]?.arrayValue, !list.isEmpty else {
      throw failure("models", "expected a list with at least one model")
    }
    var models: [LabConfiguration.Model] = []
    for (index, entry) in list.enumerated() {
      let path = "models[\(index)]"
      guard let object = entry.objectValue, let name = object["name"]?.stringValue else {
        throw failure(path, "expected a model with name and detectors")
      }
      let allowed = ["name", "detectors", "features", "segment", "promotion"]
      for key in object.keys where !allowed.contains(key) {
        throw failure(
          "\(path).\(key)", "unknown key; allowed are \(allowed.joined(separator: ", "))")
      }
      guard models.allSatisfy({ $0.name != name }) else {
        throw failure("\(path).name", "the name \(name) is used twice")
      }
      guard let detectors = object["detectors"]?.arrayValue, !detectors.isEmpty else {
        throw failure("\(path).detectors", "expected a list with at least one detector")
      }
      var configurations: [DetectorConfiguration] = []
      for (position, detector) in detectors.enumerated() {
        do {
          configurations.append(try DetectorConfiguration(detector))
        } catch {
          throw failure("\(path).detectors[\(position)].\(error.key)", error.reason)
        }
      }
      var model = LabConfiguration.Model(name: name, detectors: configurations)
      model.promotion = object["promotion"]
      func own<Value>(
        _ key: String, _ read: (JSONValue) throws -> Value
      ) throws(ConfigurationError) -> Value? {
        do {
          return try object[key].map(read)
        } catch {
          throw failure("\(path).\(key)", "\(error)")
        }
      }
      model.features = try own("features") { try FeatureSpecification($0) }
      model.segment = try own("segment") { try RowSegment($0) }
      models.append(model)
    }
    return models
  }
}
