import Features
import HTTP
import HTTPTestKit
import JSON
import Models
import Serving
import Testing

@Suite struct InferenceRoutesTests {
  private func live() throws -> (LiveServer, LoopbackClient) {
    let folder = ScratchFolder()
    try RegistryFixture(root: folder.path + "/registry").register(seed: 1, alias: "champion")
    let live = try LiveServer(folder: folder)
    return (live, try live.client())
  }

  private func expected(_ row: [Double]) throws -> Double {
    try RegistryFixture.model(seed: 1).0.assess(row).score
  }

  @Test func `JSON tensors are scored, flat, nested or a column a feature`() throws {
    let (live, client) = try live()
    let rows = [[20.0, 0, 0, 1], [900, 1, 1, 9]]
    let nested: JSONValue = .array(rows.map { .array($0.map { .number($0) }) })
    let flat: JSONValue = .array(rows.joined().map { .number($0) })
    for data in [nested, flat] {
      let request: JSONValue = [
        "id": "7",
        "inputs": [["name": "features", "shape": [2, 4], "datatype": "FP64", "data": data]],
      ]
      let answer = try client.request("POST", "/v2/models/fraud/infer", json: request)
      #expect(answer.status == 200)
      let outputs = try #require(answer.json()["outputs"]?.arrayValue)
      #expect(try answer.json()["id"] == "7")
      #expect(
        outputs[0]["data"] == .array(try rows.map { .number(try expected($0)) }), "\(answer.text)")
    }
    let names = try RegistryFixture.specification().names
    let columns: JSONValue = .array(
      names.enumerated().map { column, name in
        [
          "name": .string(name), "shape": [2], "datatype": "FP64",
          "data": .array(rows.map { .number($0[column]) }),
        ]
      })
    let answer = try client.request(
      "POST", "/v2/models/fraud/versions/1/infer", json: ["inputs": columns])
    #expect(
      try answer.json()["outputs"]?.arrayValue?[0]["data"]
        == .array(rows.map { .number(try expected($0)) }))
    withExtendedLifetime(live) {}
  }

  @Test func `binary tensors come and go with their lengths`() throws {
    let (live, client) = try live()
    let header = JSONValue.object([
      "inputs": [
        [
          "name": "features", "shape": [1, 4], "datatype": "FP64",
          "parameters": ["binary_data_size": 32],
        ]
      ],
      "outputs": [["name": "anomaly_score", "parameters": ["binary_data": true]]],
    ]).bytes()
    let row = [20.0, 0, 0, 1]
    let bytes = row.flatMap { value in
      (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt64($0))) }
    }
    let answer = try client.request(
      "POST", "/v2/models/fraud/infer",
      headers: ["Inference-Header-Content-Length: \(header.count)"], body: header + bytes)
    let length = try #require(answer.header("Inference-Header-Content-Length").flatMap { Int($0) })
    let score = answer.body[length...].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    #expect(Double(bitPattern: score) == (try expected(row)))
    withExtendedLifetime(live) {}
  }

  @Test(
    arguments: [
      (
        #"{"inputs":[{"name":"features","shape":[1,3],"datatype":"FP64","data":[1,2,3]}]}"#, "shape"
      ),
      (#"{"inputs":[{"name":"x","shape":[1],"datatype":"FP64","data":[1]}]}"#, "unexpected input"),
      (
        #"{"inputs":[{"name":"features","shape":[1,4],"datatype":"FP64","data":[1,2,3]}]}"#,
        "elements"
      ),
      (
        #"{"inputs":[{"name":"features","shape":[1,4],"datatype":"BYTES","data":["a"]}]}"#,
        "datatype"
      ),
      (
        #"{"inputs":[{"name":"features","shape":[1,4],"datatype":"FP64","parameters":{"binary_data_size":32}}]}"#,
        "binary"
      ),
      (
        #"{"inputs":[{"name":"features","shape":[100000000,100000000],"datatype":"FP64","data":[]}]}"#,
        "elements"
      ),
      (
        #"{"inputs":[{"name":"amount","shape":[100000000,0],"datatype":"FP64","data":[]}]}"#,
        "expected shape"
      ),
      (
        #"{"inputs":[{"name":"features","shape":[0,4],"datatype":"FP64","data":[]}],"outputs":[{"name":"is_anomaly"},{"name":"is_anomaly"}]}"#,
        "outputs"
      ),
      (#"{"inputs":[]}"#, "inputs"), (#"{"inputs":"#, "JSON"),
    ])
  func `a refusal is one text`(body: String, word: String) throws {
    let (live, client) = try live()
    let answer = try client.request("POST", "/v2/models/fraud/infer", body: Array(body.utf8))
    #expect(answer.status == 400)
    #expect(try answer.json()["error"]?.stringValue?.contains(word) == true, "\(answer.text)")
    withExtendedLifetime(live) {}
  }

  @Test func `nobody without a token has versions loaded`() throws {
    let (live, _) = try live()
    let access = try AccessControl(
      tokenFile: "viewer vvvvvvvvvvvvvvvv", keySet: nil, audience: nil, unixSeconds: { 0 })
    let server = try HTTPServer(
      HTTPServerSettings(), router: Router(live.application.routes),
      gate: RequestGate(limit: nil, access: access), requestIDPrefix: "t-")
    defer { server.stop() }
    let client = try LoopbackClient(port: server.port)
    #expect(try client.request("GET", "/v2/models/fraud/ready").status == 200)
    let path = "/v2/models/fraud/versions/1/ready"
    #expect(try client.request("GET", path).status == 401)
    let token = "Authorization: Bearer vvvvvvvvvvvvvvvv"
    #expect(try client.request("GET", path, headers: [token]).status == 200)
  }

  @Test func `health and metadata are what clients of the protocol ask for`() throws {
    let (live, client) = try live()
    for path in [
      "/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/fraud", "/v2/models/fraud/ready",
      "/v2/models/fraud/versions/1", "/v2/models/fraud/versions/1/ready",
    ] {
      #expect(try client.request("GET", path).status == 200, "\(path)")
    }
    let metadata = try client.request("GET", "/v2/models/fraud").json()
    #expect(metadata["inputs"]?.arrayValue?[0]["shape"] == [-1, 4])
    #expect(try client.request("GET", "/v2/models/none/ready").status == 404)
    #expect(try client.request("GET", "/v2/models/fraud/versions/9").status == 404)
    withExtendedLifetime(live) {}
  }
}
