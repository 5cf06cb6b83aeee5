internal import Arguments
internal import Exchange
internal import Files
internal import JSON
internal import Models
internal import Terminal

extension LabCommand {
  /// Models for other programs.
  static let exportCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax(
        "export", "Write a model for another program: ONNX, scikit-learn, SQL or a drawing.",
        operands: [modelOperand],
        options: [
          .config,
          .init(
            "--format", "FORMAT",
            "onnx (any runtime), skops (scikit-learn), sql (a SELECT) or graphviz (a tree)."),
          .init("--out", "FILE", "The file to write."),
          .init(
            switch: "--contributions", "onnx: add an output with each feature's contribution."),
          .init(
            "--table", "NAME", "sql: the table with a column per feature.", default: "features"),
          .init("--tree", "N", "graphviz: the tree to draw, from 0.", default: "0"), .json,
        ],
        examples: [
          "anomalyze export fraud@champion --format onnx --out model.onnx",
          "anomalyze export fraud/3 --format graphviz --tree 5 --out tree.dot",
        ]),
      LabCommand.exportModel)
  ]

  private enum Format: String, CaseIterable {
    case onnx
    case skops
    case sql
    case graphviz
  }

  func exportModel() throws {
    let formats = Format.allCases.map(\.rawValue).joined(separator: ", ")
    let format = try values.value("--format", "one of \(formats)", parse: Format.init(rawValue:))
    guard let format else { throw UsageError("--format is missing: one of \(formats)") }
    guard let path = values.text("--out") else {
      throw UsageError("--out is missing: the file to write")
    }
    let model = try trainedDetector()
    let bytes: [UInt8]
    switch format {
    case .onnx:
      bytes = try ONNXExport(
        .init(threshold: model.threshold, hasContributions: values.isOn("--contributions")),
        producer: "anomalyze \(LabSyntax.version)"
      ).bytes(of: model.detector)
    case .skops:
      bytes = try SkopsExport.bytes(of: forest(model), threshold: model.threshold)
    case .sql:
      bytes = Array(
        try SQLExport.query(
          of: forest(model), threshold: model.threshold,
          table: values.text("--table") ?? "features"
        ).utf8)
    case .graphviz:
      bytes = Array(
        try GraphvizExport.text(of: forest(model), tree: values.integer("--tree") ?? 0).utf8)
    }
    try FileSystem.writeAtomically(bytes, to: path)
    show(
      [
        "file": .string(path), "format": .string(format.rawValue),
        "bytes": .integer(Int64(bytes.count)),
        "sha256": .string(SHA256.digest(of: bytes).hexadecimal),
      ], "\(path): \(grouped(bytes.count)) bytes of \(format.rawValue)\n")
  }

  private func forest(_ model: TrainedDetector) throws -> IsolationForest {
    guard let forest = model.detector as? IsolationForest else {
      throw UsageError(
        "the model is of the kind \(type(of: model.detector).kind); this format is for isolation "
          + "forests, onnx also for gaussian")
    }
    return forest
  }
}
