internal import Features
internal import HTTP
internal import JSON
internal import Models
internal import Tabular

/// The Open Inference Protocol v2 over REST, as KServe, Triton and their clients speak it: JSON tensors, and binary ones
/// by Triton's extension.
///
/// Inputs are one tensor `features` of shape [rows, features], or one tensor a feature with the feature's name. Outputs
/// are `anomaly_score`, `probability` and `is_anomaly`, and on request `contributions`.
struct InferenceRoutes: Sendable {
  let models: ModelDirectory
  let version: String

  var routes: [Route] {
    let readyHandler: @Sendable (HTTPRequest) -> HTTPResponse = { request in
      InferenceRoutes.answering {
        () throws(HTTPFailure) in
        let served = try model(request)
        return .json(["name": .string(served.name), "ready": true])
      }
    }
    let metadataHandler: @Sendable (HTTPRequest) -> HTTPResponse = { request in
      InferenceRoutes.answering { () throws(HTTPFailure) in .json(metadata(try model(request))) }
    }
    let inferHandler: @Sendable (HTTPRequest) -> HTTPResponse = { request in
      InferenceRoutes.answering { () throws(HTTPFailure) in
        try infer(request, by: try model(request))
      }
    }
    let perModel = ["/v2/models/{name}", "/v2/models/{name}/versions/{version}"].flatMap { path in
      [
        Route(
          "GET", path, "Describes the inputs and outputs of a model (Open Inference Protocol v2).",
          .deferred { request, respond in respond(metadataHandler(request)) }),
        // A version that no alias names is loaded for the answer, which is not for anybody to ask for.
        Route(
          "GET", path + "/ready", "Says whether a model can answer.",
          access: path.hasSuffix("{version}") ? .viewer : .open,
          .deferred { request, respond in respond(readyHandler(request)) }),
        Route(
          "POST", path + "/infer", "Scores the rows of tensors, JSON or binary.", access: .scorer,
          .deferred { request, respond in respond(inferHandler(request)) }),
      ]
    }
    return [
      Route(
        "GET", "/v2", "Names the server and the protocol's extensions that it speaks.",
        .immediate { _ in
          .json([
            "name": "anomalyze-server", "version": .string(version),
            "extensions": ["binary_tensor_data"],
          ])
        }),
      Route(
        "GET", "/v2/health/live", "Says that the process answers.", access: .open,
        .immediate { _ in .json(["live": true]) }),
      Route(
        "GET", "/v2/health/ready", "Says whether all models can answer.", access: .open,
        .immediate { _ in
          let isReady = models.all.allSatisfy { $0.current != nil }
          return .json(["live": true, "ready": .bool(isReady)], status: isReady ? 200 : 503)
        }),
    ] + perModel
  }

  private func model(_ request: HTTPRequest) throws(HTTPFailure) -> ServedModel {
    request.optionalParameter("version") == nil
      ? try models.served(request.parameter("name")) : try models.pinned(request)
  }

  /// An error of this protocol is `{"error": "text"}` and nothing else; clients decode no other form.
  private static func answering(_ body: () throws(HTTPFailure) -> HTTPResponse) -> HTTPResponse {
    do throws(HTTPFailure) {
      return try body()
    } catch {
      var response = HTTPResponse(error)
      response.body = JSONValue.object(["error": .string(error.message)]).bytes()
      return response
    }
  }

  private func metadata(_ served: ServedModel) -> JSONValue {
    func tensor(_ name: String, _ type: String, _ shape: [Int64]) -> JSONValue {
      [
        "name": .string(name), "datatype": .string(type),
        "shape": .array(shape.map { .integer($0) }),
      ]
    }
    let width = Int64(served.featureNames.count)
    return [
      "name": .string(served.name),
      "versions": .array(models.listing(of: served.name).versions.map { .string("\($0)") }),
      "platform": .string("anomalyze_\(type(of: served.model.detector).kind)"),
      "inputs": [tensor("features", "FP64", [-1, width])],
      "outputs": [
        tensor("anomaly_score", "FP64", [-1, 1]), tensor("probability", "FP64", [-1, 1]),
        tensor("is_anomaly", "BOOL", [-1, 1]), tensor("contributions", "FP64", [-1, width]),
      ],
      "parameters": [
        "feature_names": .array(served.featureNames.map { .string($0) }),
        "threshold": .number(served.model.threshold), "digest": .string("sha256:\(served.digest)"),
      ],
    ]
  }

  private func infer(_ request: HTTPRequest, by served: ServedModel) throws(HTTPFailure)
    -> HTTPResponse
  {
    let (document, binary) = try split(request)
    do throws(InferenceError) {
      let matrix = try rows(of: document, binary, for: served)
      return try answer(document, matrix, by: served)
    } catch {
      throw HTTPFailure(400, "INVALID_INFERENCE_REQUEST", error.message)
    }
  }

  /// The JSON part of the content and the bytes after it.
  private func split(_ request: HTTPRequest) throws(HTTPFailure) -> (JSONValue, ArraySlice<UInt8>) {
    var end = request.body.count
    if let text = request.header("Inference-Header-Content-Length") {
      guard let count = Int(text), (0...end).contains(count) else {
        throw HTTPFailure(
          400, "INVALID_INFERENCE_REQUEST",
          "Inference-Header-Content-Length is longer than the content")
      }
      end = count
    }
    do throws(JSONError) {
      return (try JSONValue(parsing: Array(request.body[..<end])), request.body[end...])
    } catch {
      throw RequestReadingError.malformed(error).failure
    }
  }

  private func rows(
    of document: JSONValue, _ bytes: ArraySlice<UInt8>, for served: ServedModel
  ) throws(InferenceError) -> Matrix<Double> {
    guard let list = document["inputs"]?.arrayValue, !list.isEmpty else {
      throw InferenceError("inputs must be a list of tensors")
    }
    var binary = bytes
    var tensors: [InferenceTensor] = []
    for item in list { tensors.append(try InferenceTensor(item, binary: &binary)) }
    guard binary.isEmpty else { throw InferenceError("more bytes were sent than the inputs have") }
    let names = served.featureNames
    if tensors.count == 1, tensors[0].name == "features" {
      let shape = tensors[0].shape
      guard shape.count == 2, shape[1] == names.count else {
        throw InferenceError("input 'features': expected shape [-1,\(names.count)], got \(shape)")
      }
      return try limited(
        Matrix(rowCount: shape[0], columnCount: names.count, values: tensors[0].values))
    }
    // Not what the shape says: [100000000, 0] has no elements.
    let rowCount = tensors[0].values.count
    var matrix = Matrix<Double>(rowCount: rowCount, columnCount: names.count)
    var missing = Set(names)
    for tensor in tensors {
      guard let column = served.positions[tensor.name], missing.remove(tensor.name) != nil else {
        throw InferenceError(
          "unexpected input '\(tensor.name)': send 'features', or each of \(names.joined(separator: ", ")) once"
        )
      }
      guard tensor.shape[0] == rowCount, tensor.values.count == rowCount else {
        throw InferenceError(
          "input '\(tensor.name)': expected shape [\(rowCount)] or [\(rowCount),1]")
      }
      for (row, value) in tensor.values.enumerated() {
        matrix.values[row * names.count + column] = value
      }
    }
    guard missing.isEmpty else {
      throw InferenceError("missing inputs: \(missing.sorted().joined(separator: ", "))")
    }
    return try limited(matrix)
  }

  private func limited(_ matrix: Matrix<Double>) throws(InferenceError) -> Matrix<Double> {
    guard matrix.rowCount <= ScoreBatch.rowLimit else {
      throw InferenceError("one request holds at most \(ScoreBatch.rowLimit) rows")
    }
    return matrix
  }

  private func answer(
    _ document: JSONValue, _ matrix: Matrix<Double>, by served: ServedModel
  ) throws(InferenceError) -> HTTPResponse {
    let known = ["anomaly_score", "probability", "is_anomaly"]
    let requested = document["outputs"]?.arrayValue ?? []
    let names = requested.isEmpty ? known : requested.compactMap { $0["name"]?.stringValue }
    guard requested.isEmpty || Set(names).count == requested.count else {
      throw InferenceError("each of outputs has a name, and no two have the same")
    }
    let isBinaryByDefault = document["parameters"]?["binary_data_output"]?.boolValue ?? false
    var answer: JSONObject = [
      "model_name": .string(served.name), "model_version": .string("\(served.version)"),
    ]
    if let id = document["id"] { answer["id"] = id }
    var outputs: [JSONValue] = []
    var bytes: [UInt8] = []
    let scores: [Double]
    var contributions: [Double] = []
    do throws(ModelError) {
      scores = try served.model.detector.scores(of: matrix, threadCount: 1)
      if names.contains("contributions") {
        for row in 0..<matrix.rowCount {
          contributions += try served.model.detector.contributions(of: matrix.row(row))
        }
      }
    } catch {
      throw InferenceError(error.description)
    }
    served.observations.add(matrix, scores: scores)
    let assessments = scores.map { served.model.assessment(ofScore: $0) }
    for (index, name) in names.enumerated() {
      let column = [scores.count, 1]
      let output: InferenceOutput
      switch name {
      case "anomaly_score":
        output = InferenceOutput(name: name, datatype: "FP64", shape: column, values: scores)
      case "probability":
        output = InferenceOutput(
          name: name, datatype: "FP64", shape: column, values: assessments.map(\.probability))
      case "is_anomaly":
        output = InferenceOutput(
          name: name, datatype: "BOOL", shape: column,
          values: assessments.map { $0.isAnomaly ? 1 : 0 })
      case "contributions":
        output = InferenceOutput(
          name: name, datatype: "FP64", shape: [matrix.rowCount, matrix.columnCount],
          values: contributions)
      default:
        throw InferenceError(
          "unexpected output '\(name)': there are \((known + ["contributions"]).joined(separator: ", "))"
        )
      }
      let isBinary =
        requested.isEmpty
        ? isBinaryByDefault
        : requested[index]["parameters"]?["binary_data"]?.boolValue ?? isBinaryByDefault
      outputs.append(.object(output.json(isBinary: isBinary)))
      if isBinary { bytes += output.binary }
    }
    answer["outputs"] = .array(outputs)
    var response = HTTPResponse.json(.object(answer))
    if !bytes.isEmpty {
      response.headers.append(("Inference-Header-Content-Length", "\(response.body.count)"))
      response.contentType = "application/octet-stream"
      response.body += bytes
    }
    response.headers.append(("X-Model-Version", served.label))
    return response
  }
}
