import Exchange
import Files
import JSON
import Models
import Tabular
import Terminal
import Testing
import Training

/// The graphs give in onnxruntime what the native code gives; `make_onnx_scores.py` recorded what onnxruntime says.
///
/// The recorded scores hold for the exact bytes that were scored, so a changed export asks for a new recording.
struct ONNXExportTests {
  static let recording: JSONValue =
    (try? JSONValue(
      parsing: FileSystem.read(ExchangeExample.fixturePath("exchange/onnx-scores.json")))) ?? [:]

  private func export(_ example: ExchangeExample) throws -> [UInt8] {
    try ONNXExport(
      .init(threshold: example.threshold, hasContributions: example.hasContributions),
      producer: "anomalyze test"
    ).bytes(of: example.detector)
  }

  @Test func `there are examples of every kind`() throws {
    #expect(try ExchangeExample.makeAll().count == 12)
  }

  @Test(arguments: ["onnx", "skops", "sql"])
  func `a penalty of ranges and densities are refused where they cannot be said`(
    format: String
  ) throws {
    let plain = try ExchangeExample.makeForest(terms: 1, names: ["a", "b"], seed: 4)
    var trees = plain.trees
    trees.ranges = trees.thresholds.flatMap { [$0 - 1, $0 + 1] }
    let forest = try IsolationForest(featureNames: ["a", "b"], trees: trees, sampleCount: 128)
    #expect(!ONNXExport.isCompact(forest) && ONNXExport.isCompact(plain))
    let error = #expect(throws: ExchangeError.self) {
      switch format {
      case "onnx": _ = try ONNXExport(.init(threshold: 0.5), producer: "test").bytes(of: forest)
      case "skops": _ = try SkopsExport.bytes(of: forest, threshold: 0.5)
      default: _ = try SQLExport.query(of: forest, threshold: 0.5, table: "rows")
      }
    }
    #expect(error?.description.contains("penalize_range") == true)
    let density = try ExchangeExample.measuringDensity(plain)
    #expect(throws: ExchangeError.self) { try SkopsExport.bytes(of: density, threshold: 0.5) }
    #expect(throws: ExchangeError.self) {
      try ONNXExport(.init(threshold: 0.5, hasContributions: true), producer: "test")
        .bytes(of: density)
    }
  }

  @Test(arguments: ExchangeExample.all)
  func `onnxruntime gives the same scores, labels and contributions`(
    _ example: ExchangeExample
  ) throws {
    let bytes = try export(example)
    if let folder = Terminal.environment("ANOMALYZE_EXPORTS") {
      try record(example, bytes, into: folder)
    }
    let recorded = try #require(Self.recording["cases"]?[example.description])
    try #require(
      recorded["sha256"]?.stringValue == SHA256.digest(of: bytes).hexadecimal,
      "the export has changed: record onnxruntime's scores again with make_onnx_scores.py")
    let scores = try example.detector.scores(of: Matrix(rows: example.rows), threadCount: 1)
    let found = try #require(recorded["score"]?.arrayValue)
    let labels = try #require(recorded["is_anomaly"]?.arrayValue)
    var comparedCount = 0
    for (index, score) in scores.enumerated() {
      guard let value = found[index].doubleValue else { continue }
      comparedCount += 1
      #expect(abs(value - score) <= 1e-6 * max(1, score))
      #expect(labels[index].boolValue == (score > example.threshold))
    }
    let missing = example.rows.filter { $0.contains(where: \.isNaN) }
    let isExactOnMissing = example.description.hasPrefix("scikit-learn")
    #expect(comparedCount == example.rows.count - (isExactOnMissing ? 0 : missing.count))
    guard example.hasContributions else { return }
    for (row, values) in zip(example.rows, try #require(recorded["contributions"]?.arrayValue))
    where !row.contains(where: \.isNaN) {
      for (own, value) in zip(
        try example.detector.contributions(of: row), values.arrayValue ?? [])
      {
        #expect(abs((value.doubleValue ?? .nan) - own) < 1e-5)
      }
    }
  }

  /// Writes what `make_onnx_scores.py` reads.
  private func record(_ example: ExchangeExample, _ bytes: [UInt8], into folder: String) throws {
    try FileSystem.writeAtomically(bytes, to: "\(folder)/\(example.description).onnx")
    try FileSystem.writeAtomically(
      example.rowsAsJSON.bytes(), to: "\(folder)/\(example.description).json")
  }

  @Test func `a row that may go both ways scores NaN in the graph, never a wrong number`() throws {
    let example = try #require(ExchangeExample.all.first { $0.description == "axis" })
    let found = try #require(Self.recording["cases"]?["axis"]?["score"]?.arrayValue)
    for (row, value) in zip(example.rows, found) where row.contains(where: \.isNaN) {
      #expect(value == .null)
    }
  }

  @Test(arguments: ExchangeExample.all.filter { $0.detector is IsolationForest })
  func `a forest is one ensemble and few other nodes`(_ example: ExchangeExample) throws {
    let recorded = try #require(Self.recording["cases"]?[example.description])
    let operations = try #require(recorded["operations"]?.arrayValue).compactMap(\.stringValue)
    #expect(operations.count { $0 == "TreeEnsembleRegressor" } == 1)
    let isAxisParallel = (example.detector as? IsolationForest)?.trees.termCount == 1
    #expect(operations.count <= (isAxisParallel ? 6 : 7))
    #expect(recorded["ir_version"]?.integerValue == 8)
    #expect(recorded["opsets"]?["ai.onnx.ml"]?.integerValue == 3)
  }

  @Test func `what no graph computes is refused`() throws {
    let forest = try ExchangeExample.makeForest(terms: 2, names: ["a", "b"], seed: 1)
    #expect(throws: ExchangeError.self) {
      try ONNXExport(.init(threshold: 0.5, hasContributions: true), producer: "test")
        .bytes(of: forest)
    }
  }

  @Test func `a forest of 100 trees and 256 rows takes at most 430 kB`() throws {
    var generator = SeededGenerator(seed: 5)
    let rows = (0..<2_000).map { _ in (0..<30).map { _ in generator.normal() } }
    let forest = try IsolationForestLearner(
      parameters: IsolationForestParameters(treeCount: 100)
    ).fit(Matrix(rows: rows), featureNames: (0..<30).map { "feature_\($0)" })
    let bytes = try ONNXExport(.init(threshold: 0.5), producer: "test").bytes(of: forest)
    #expect(bytes.count <= 430_000)
  }
}
