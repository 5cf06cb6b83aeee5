import Exchange
import Files
import JSON
import Models
import Tabular
import Terminal
import Testing

/// What scikit-learn says of exported forests was recorded by `make_skops_scores.py`.
struct SkopsExportTests {
  static let recording: JSONValue =
    (try? JSONValue(
      parsing: FileSystem.read(ExchangeExample.fixturePath("exchange/skops-scores.json")))) ?? [:]
  static let examples = ExchangeExample.all.filter { example in
    guard let trees = (example.detector as? IsolationForest)?.trees else { return false }
    return trees.termCount == 1 && trees.volumes.isEmpty && !example.hasContributions
  }

  @Test(arguments: examples)
  func `scikit-learn scores a loaded forest alike`(_ example: ExchangeExample) throws {
    let forest = try #require(example.detector as? IsolationForest)
    if let folder = Terminal.environment("ANOMALYZE_EXPORTS") {
      let bytes = try SkopsExport.bytes(of: forest, threshold: example.threshold)
      try FileSystem.writeAtomically(bytes, to: "\(folder)/\(example.description).skops")
      try FileSystem.writeAtomically(
        example.rowsAsJSON.bytes(), to: "\(folder)/\(example.description).json")
    }
    var digest = SHA256()
    for (name, bytes) in try SkopsExport.files(of: forest, threshold: example.threshold) {
      digest.update(Array(name.utf8) + bytes)
    }
    let contentDigest = digest.finalize().hexadecimal
    let recorded = try #require(Self.recording["cases"]?[example.description])
    try #require(
      recorded["sha256"]?.stringValue == contentDigest,
      "the export has changed: record scikit-learn's scores again with make_skops_scores.py")
    let scores = try forest.scores(of: Matrix(rows: example.rows))
    let found = try #require(recorded["score_samples"]?.arrayValue)
    let labels = try #require(recorded["predict"]?.arrayValue)
    for (row, score) in scores.enumerated()
    // A missing value goes both ways here and one way there, unless the forest came from there.
    where !forest.weighsBothBranches || !example.rows[row].contains(where: \.isNaN) {
      #expect(abs((found[row].doubleValue ?? .nan) + score) < 1e-9)
      #expect((labels[row].integerValue == -1) == (score > example.threshold))
    }
  }

  @Test func `hyperplanes are refused`() throws {
    let forest = try ExchangeExample.makeForest(terms: 2, names: ["a", "b"], seed: 1)
    #expect(throws: ExchangeError.self) { try SkopsExport.bytes(of: forest, threshold: 0.5) }
  }
}
