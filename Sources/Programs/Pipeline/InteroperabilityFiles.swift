internal import Evaluation
internal import Features
internal import Files
internal import JSON
internal import Models
internal import Transactions

/// The files of a version that other programs read: `MLmodel` with its Python loader for MLflow, and `card.md` for people.
///
/// `MLmodel` is JSON, which MLflow reads as YAML. With a `model.onnx` in the folder it has the flavours `onnx` and
/// `python_function` over it; without one, `python_function` runs `anomalyze score`, which gives the very scores. Nothing depends
/// on the clock: the identifier comes from the inputs and the time is the end of the data.
struct InteroperabilityFiles {
  let name: String
  let model: ScoringModel
  let lineage: VersionLineage
  let metrics: JSONValue

  func write(to folder: borrowing StagedDirectory) throws {
    let hasGraph = FileSystem.exists("\(folder.path)/model.onnx")
    try folder.write(flavors(hasGraph: hasGraph).bytes(.indented), to: "MLmodel")
    if !hasGraph { try folder.write(Array(Self.loader.utf8), to: "code/\(Self.loaderModule).py") }
    try folder.write(Array(card.utf8), to: "card.md")
  }

  // MARK: MLflow

  private func flavors(hasGraph: Bool) -> JSONValue {
    var flavors = JSONObject()
    if hasGraph {
      flavors["onnx"] = [
        "data": "model.onnx", "providers": ["CPUExecutionProvider"], "code": nil,
      ]
      flavors["python_function"] = ["loader_module": "mlflow.onnx", "data": "model.onnx"]
    } else {
      flavors["python_function"] = [
        "loader_module": .string(Self.loaderModule), "code": "code",
      ]
    }
    let digits = Array(lineage.inputsDigest.prefix(32))
    let inputs = model.features.names.map { name -> JSONValue in
      ["type": "double", "name": .string(name), "required": true]
    }
    let outputs: JSONValue =
      hasGraph
      ? [
        ["type": "float", "name": "score", "required": true],
        ["type": "boolean", "name": "is_anomaly", "required": true],
      ]
      : [
        ["type": "double", "name": "score", "required": true],
        ["type": "boolean", "name": "is_anomaly", "required": true],
      ]
    return [
      "artifact_path": "model", "flavors": .object(flavors),
      "model_uuid": .string(String(digits)),
      "utc_time_created": .string(
        lineage.split.test.upperBound.dateText + " 00:00:00.000000"),
      "signature": [
        "inputs": .string(JSONValue.array(inputs).text()), "outputs": .string(outputs.text()),
        "params": nil,
      ],
      "metadata": [
        "anomalyze_model": .string(name), "anomalyze_inputs": .string(lineage.inputsDigest),
        "snapshot": .string(lineage.snapshotDigest), "threshold": .number(model.threshold),
      ],
    ]
  }

  private static let loaderModule = "anomalyze_pyfunc"

  /// What MLflow imports to load a version without a graph.
  private static let loader = """
    \"\"\"Loads a version of anomalyze for mlflow.pyfunc: rows of features in, anomaly scores out.

    Scores come from the program itself (`anomalyze score`), so they are those of the server, bit for bit. The program is found on the PATH
    or named by the environment variable ANOMALYZE.
    \"\"\"
    import json
    import os
    import subprocess
    import tempfile

    import pandas


    class Version:
        def __init__(self, folder):
            self.folder = folder
            self.program = os.environ.get("ANOMALYZE", "anomalyze")
            with open(os.path.join(folder, "model.json")) as file:
                self.features = [feature["name"] for feature in json.load(file)["features"]["list"]]

        def predict(self, rows, params=None):
            table = pandas.DataFrame(rows)[self.features]
            with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
                table.to_csv(file.name, index=False)
                result = subprocess.run(
                    [self.program, "score", self.folder, "--csv", file.name, "--json"],
                    stdout=subprocess.PIPE, check=True)
            return pandas.DataFrame(json.loads(result.stdout), index=table.index)


    def _load_pyfunc(path):
        return Version(path)

    """

  // MARK: The card

  /// A model card by Mitchell et al. (2019): what it is, what it is for, how good it is and where it may fail.
  private var card: String {
    func row(_ name: String, _ key: String) -> String {
      let figure = metrics["headline"]?[key]
      guard let value = figure?["value"]?.doubleValue else {
        return "| \(name) | not defined | \(figure?["reason"]?.stringValue ?? "") |\n"
      }
      let bounds = [figure?["lower"], figure?["upper"]].compactMap { $0??.doubleValue }
      let interval = bounds.count == 2 ? "\(fixed(bounds[0])) to \(fixed(bounds[1]))" : ""
      return "| \(name) | \(fixed(value)) | \(interval) |\n"
    }
    let rows = metrics["rows"]
    let moved = (EvaluationReport.driftedFeatures(in: metrics) ?? []).filter {
      $0["verdict"]?.stringValue == "moved"
    }.compactMap { $0["feature"]?.stringValue }
    return """
      # \(name): \(type(of: model.detector).kind)

      An anomaly detector for card transactions. It ranks transactions by how unusual they are; it does not decide about people.

      ## Details

      - Detector and parameters: `\(lineage.detector.text())`
      - Features: \(model.features.names.map { "`\($0)`" }.joined(separator: ", "))
      - A score above \(fixed(model.threshold)) is called an anomaly.
      - Made by anomalyze \(lineage.codeVersion) from the inputs `\(lineage.inputsDigest)`; \
      `anomalyze reproduce` makes it again and compares every byte.

      ## Data

      - Snapshot `\(lineage.snapshotDigest)` of \(lineage.source)
      - Training: \(lineage.split.training.lowerBound.dateText) to \
      \(lineage.split.training.upperBound.dateText); labels become known \(lineage.split.delay) later, and no feature reads
        one earlier.
      - Test: \(lineage.split.test.lowerBound.dateText) to \(lineage.split.test.upperBound.dateText), \
      \(rows?["count"]?.integerValue ?? 0) rows, \(rows?["frauds"]?.integerValue ?? 0) of them fraud.

      ## Figures on the test rows

      | figure | value | 95 % interval |
      |---|---|---|
      \(row("average precision", "average_precision"))\(row("area under ROC", "area_under_roc"))\
      \(row("recall at the alert budget", "recall_at_budget"))\
      \(row("precision at the alert budget", "precision_at_budget"))
      \(metrics["verdict"]?["sentence"]?.stringValue ?? "") (`report.html` has everything.)

      ## Intended use and limits

      - For ranking transactions that a team then looks at. Not for refusing a payment or judging a person by itself.
      - Fraud that looks like the customer's own habits is not found; the worst misses are listed in `report.html`.
      - Features that moved between training and test: \(moved.isEmpty ? "none" : moved.joined(separator: ", ")).
      - Figures hold for data like the test period's. Train again when drift is reported or the data is older than your policy allows.

      """
  }
}
