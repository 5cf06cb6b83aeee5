import Files
import JSON
import Models
import Tabular
import Testing

/// A forest that `import_scikit_learn.py` turned into a model folder; `make_imported_forest.py` made it.
struct ScikitLearnImportTests {
  @Test func `an imported forest scores as scikit-learn does`() throws {
    let model = try TrainedDetector(
      loadingFrom: ExchangeExample.fixturePath("exchange/imported-forest"))
    let recorded = try JSONValue(
      parsing: FileSystem.read(
        ExchangeExample.fixturePath("exchange/imported-forest-scores.json")))
    let rows = try #require(recorded["rows"]?.arrayValue).map { row in
      (row.arrayValue ?? []).map { $0.doubleValue ?? .nan }
    }
    let scores = try model.scores(
      of: Matrix(rows: rows), columnNames: ["amount", "distance", "ratio", "hour"], threadCount: 1)
    let expected = try #require(recorded["score_samples"]?.arrayValue).map { $0.doubleValue }
    let labels = try #require(recorded["predict"]?.arrayValue).map { $0.integerValue == -1 }
    for (score, other) in zip(scores, expected) { #expect(abs(score + (other ?? .nan)) < 1e-9) }
    #expect(scores.map { $0 > model.threshold } == labels)
    #expect(labels.contains(true))
  }

  @Test func `columns in another order are named with the model's`() throws {
    let model = try TrainedDetector(
      loadingFrom: ExchangeExample.fixturePath("exchange/imported-forest"))
    let names = ["distance", "amount", "ratio", "hour"]
    #expect(
      throws: ModelError.featureMismatch(expected: model.detector.featureNames, actual: names)
    ) {
      try model.scores(of: Matrix(rows: [[1, 2, 3, 4]]), columnNames: names, threadCount: 1)
    }
  }
}
