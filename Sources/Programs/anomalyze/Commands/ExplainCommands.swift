internal import Arguments
internal import Features
internal import Ingestion
internal import JSON
internal import Models
internal import Pipeline
internal import Registry
internal import Tabular
internal import Terminal

extension LabCommand {
  /// Why a row has its score.
  static let explainCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax(
        "explain", "Explain a score: what each feature adds, and the smallest change to normal.",
        operands: [modelOperand],
        options: [
          .config,
          .init("--tx", "ID", "A transaction of the snapshot, with its features at that moment."),
          .init("--row", "JSON", "Values by name, {\"amount\": 5, …}, or in order, [5, …]."),
          .init(
            "--snapshot", "DIGEST", "Snapshot of the transaction.", default: "the version's own"),
          .init("--top", "N", "How many features to list.", default: "10"), .json,
        ],
        examples: [
          "anomalyze explain fraud@champion --tx 1234",
          "anomalyze explain model --row '{\"x\": 4.1, \"y\": -3}'",
        ]),
      LabCommand.explain)
  ]

  func explain() throws {
    let model = try trainedDetector()
    let row: [Double]
    switch (values.text("--tx"), values.text("--row")) {
    case (let id?, nil): row = try features(ofTransaction: id)
    case (nil, let text?):
      row = try self.row(
        text, names: model.detector.featureNames,
        categorical: (model.detector as? IsolationForest)?.categoricalFeatureNames ?? [])
    default: throw UsageError("give either --tx ID or --row JSON")
    }
    let explanation = try Explanation(of: row, by: model)
    let limit = try values.integer("--top", in: 1...10_000) ?? 10
    var table = TextTable(
      ["feature", "value", "contribution", "share"], rightAligned: [1, 2, 3])
    for part in explanation.parts.prefix(limit) {
      table.append([
        part.feature, part.value.isNaN ? "missing" : part.category ?? fixed(part.value),
        fixed(part.contribution),
        "\(Int((explanation.share(of: part) * 100).rounded())) %",
      ])
    }
    show(explanation.json, explanation.sentence + "\n\n" + table.text)
  }

  private func features(ofTransaction id: String) throws -> [Double] {
    let folder = try modelFolder()
    let model = try ScoringModel(loadingFrom: folder)
    let digest =
      try values.text("--snapshot") ?? VersionLineage(ofVersionIn: folder).snapshotDigest
    let snapshot = try SnapshotCollection(root: configuration().snapshotsFolder).open(digest)
    return try TransactionLookup.features(
      of: id, in: snapshot, by: FeatureEngine(model.features, rules: model.rules))
  }

  /// A row from its JSON; `null` is a missing value, and a text the category of a categorical feature.
  private func row(_ text: String, names: [String], categorical: [String]) throws -> [Double] {
    guard let json = try? JSONValue(parsing: text) else {
      throw UsageError(
        "--row takes a JSON object of values by name, or an array in the model's order")
    }
    var elements = json.arrayValue ?? []
    if let object = json.objectValue {
      guard Set(object.keys) == Set(names) else {
        throw ModelError.featureMismatch(expected: names, actual: object.keys)
      }
      elements = names.map { object[$0] ?? .null }
    }
    guard elements.count == names.count else {
      throw ModelError.featureCountMismatch(expected: names.count, actual: elements.count)
    }
    return try zip(names, elements).map { name, value in
      if value == .null { return .nan }
      if categorical.contains(name), let text = value.stringValue { return CategoryCode.of(text) }
      guard let number = value.doubleValue else {
        let kinds = categorical.contains(name) ? "a text or null" : "a number or null"
        throw UsageError("--row: \(name) takes \(kinds), not \(value.kindName)")
      }
      return number
    }
  }
}
