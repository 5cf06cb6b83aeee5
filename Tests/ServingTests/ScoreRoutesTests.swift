import Features
import HTTPTestKit
import JSON
import Models
import Serving
import Tabular
import Testing
import Transactions

@Suite struct ScoreRoutesTests {
  private func makeLive(following references: [String] = []) throws -> LiveServer {
    let folder = ScratchFolder()
    try RegistryFixture(root: folder.path + "/registry").register(seed: 1, alias: "champion")
    return try LiveServer(folder: folder, following: references)
  }

  @Test func `an event is answered in the event schema and flat`() throws {
    let live = try makeLive()
    let response = try live.client().request("POST", "/score", json: event())
    #expect(response.status == 200)
    #expect(response.header("X-Model-Version") == "fraud/1")
    let answer = try response.json()
    #expect(answer["ml_prediction"] == "ANOMALY")
    #expect(try #require(answer["ml_score"]?.doubleValue) > 0.98)
    #expect(answer["severity"] == "HIGH")
    #expect(answer["model_version"] == "1")
    #expect(answer["rule_flags"] == [])
    #expect(answer["contributions"]?["amount"]?.doubleValue != nil)
    #expect(answer["meta"]?["trace_id"] == "abc-123-xyz")
    #expect(answer["enrichment"]?["amount"] == 4500.5)
    #expect(answer["analysis"]?["ml_prediction"] == "ANOMALY")
    #expect(answer["verdict"]?["final_severity"] == "HIGH")
    #expect(answer["verdict"]?["explanation"]?.stringValue?.contains("amount = 4500.5") == true)
  }

  @Test func `features are scored as the model scores them`() throws {
    let live = try makeLive()
    let (model, matrix) = try RegistryFixture.model(seed: 1)
    let client = try live.client()
    for row in 0..<20 {
      let names = ["amount", "weekend", "night", "user_count_1d"]
      let values = matrix.row(row)
      let features = JSONObject(
        zip(model.features.names, values).map { (key: $0, value: .number($1)) })
      #expect(model.features.names.count == names.count)
      let answer = try client.request(
        "POST", "/score", json: ["features": .object(features)]
      ).json()
      #expect(answer["anomaly_score"]?.doubleValue == (try model.assess(values).score))
      #expect(answer["enrichment"] == nil)
    }
  }

  @Test func `an ensemble says which member sees how much in which feature`() throws {
    let folder = ScratchFolder()
    let registry = RegistryFixture(root: folder.path + "/registry")
    try registry.register(alias: "champion", model: RegistryFixture.ensemble())
    let live = try LiveServer(folder: folder)
    let answer = try live.client().request("POST", "/score", json: event(amount: 90)).json()
    let parts = try #require(answer["parts"]?.arrayValue)
    let values = parts.compactMap { $0["value"]?.doubleValue }
    let score = try #require(answer["anomaly_score"]?.doubleValue)
    #expect(abs(values.reduce(0, +) - score) < 1e-9)
    #expect(
      Set(parts.compactMap { $0["detector"]?.stringValue }) == ["isolation_forest", "feature"])
    let amounts = parts.filter { $0["feature"] == "amount" }.compactMap { $0["value"]?.doubleValue }
    let contribution = try #require(answer["contributions"]?["amount"]?.doubleValue)
    #expect(abs(amounts.reduce(0, +) - contribution) < 1e-9)
  }

  @Test func `state moves on with each transaction, once however often it is sent`() throws {
    let live = try makeLive()
    let client = try live.client()
    func count(_ event: JSONValue) throws -> Double? {
      let answer = try client.request("POST", "/score", json: event).json()
      return answer["enrichment"]?.objectValue?.members.first { $0.key.contains("count") }?
        .value.doubleValue
    }
    let first = try #require(try count(event("a")))
    #expect(try count(event("a")) == first)
    let second = try #require(try count(event("b", time: "2025-12-20T12:05:00Z")))
    #expect(second == first + 1)
    #expect(try count(event("c", user: "somebody else")) == first)
  }

  @Test(
    arguments: [
      (#"{"meta":{"timestamp":1,"user_id":"u"},"data":{"amount":1}}"#, "data.tx_id"),
      (#"{"meta":{"user_id":"u"},"data":{"tx_id":"t","amount":1}}"#, "meta.timestamp"),
      (
        #"{"meta":{"timestamp":"x","user_id":"u"},"data":{"tx_id":"t","amount":1}}"#,
        "meta.timestamp"
      ),
      (#"{"meta":{"timestamp":1},"data":{"tx_id":"t","amount":1}}"#, "meta.user_id"),
      (#"{"meta":{"timestamp":1,"user_id":"u"},"data":{"tx_id":"t"}}"#, "data.amount"),
      (
        #"{"meta":{"timestamp":1,"user_id":"u"},"data":{"tx_id":"t","amount":"1e3"}}"#,
        "data.amount"
      ),
      (
        #"{"meta":{"timestamp":1,"user_id":"u"},"data":{"tx_id":"t","amount":1e300}}"#,
        "data.amount"
      ),
      (
        #"{"meta":{"timestamp":1,"user_id":"u"},"data":{"tx_id":"t","amount":1,"currency":[]}}"#,
        "currency"
      ),
      (
        #"{"meta":{"timestamp":1,"user_id":"u"},"data":{"tx_id":"t","amount":1,"latitude":91}}"#,
        "latitude"
      ),
      (
        #"{"meta":{"timestamp":"2262-01-01","user_id":"u"},"data":{"tx_id":"t","amount":1}}"#,
        "meta.timestamp"
      ),
    ])
  func `a bad event is 422 and names the member`(body: String, field: String) throws {
    let live = try makeLive()
    let response = try live.client().request("POST", "/score", body: Array(body.utf8))
    #expect(response.status == 422)
    #expect(try response.json()["error"]?["details"]?["field"] == .string(field))
  }

  @Test func `features that are missing, unknown or no numbers are 422`() throws {
    let live = try makeLive()
    let client = try live.client()
    let missing = try client.request("POST", "/score", json: ["features": ["amount": 1]])
    #expect(missing.errorCode == "MISSING_FEATURE")
    let unknown = try client.request("POST", "/score", json: ["features": ["amuont": 1]])
    #expect(unknown.errorCode == "UNKNOWN_FEATURE")
    let text = try client.request("POST", "/score", json: ["features": ["amount": "1"]])
    #expect(text.status == 422)
    #expect(try client.request("POST", "/score", json: ["features": 3]).status == 422)
  }

  @Test func `without a model scoring is 503 while series answer and the server is ready`() throws {
    let live = try LiveServer()
    let client = try live.client()
    let response = try client.request("POST", "/score", json: event())
    #expect(response.status == 503)
    #expect(response.errorCode == "NO_MODEL")
    #expect(try client.request("GET", "/health/ready").status == 200)
    #expect(try client.request("POST", "/score?model=none", json: event()).status == 404)
  }

  @Test func `the lists show what is served`() throws {
    let live = try makeLive()
    let client = try live.client()
    let models = try client.request("GET", "/v1/models").json()
    #expect(models["models"]?.arrayValue?.first?["version"] == "1")
    #expect(try client.request("GET", "/v1/models/fraud").json()["alias"] == "champion")
    #expect(try client.request("GET", "/v1/models/other").status == 404)
    let metadata = try client.request("GET", "/v1/models/fraud/metadata").json()
    #expect(metadata["feature_names"]?.arrayValue?.first == "amount")
    let metrics = try client.request("GET", "/metrics").text
    #expect(metrics.contains(#"anomalyze_model_version{model="fraud",alias="champion"} 1"#))
  }
}

@Suite struct ModelFollowerTests {
  @Test func `the system tells of a promotion long before the next look at the alias`() throws {
    let folder = ScratchFolder()
    let registry = RegistryFixture(root: folder.path + "/registry")
    try registry.register(seed: 1, alias: "champion")
    let live = try LiveServer(folder: folder)
    live.models.startFollowing(lookingEveryMilliseconds: 60_000)
    let client = try live.client()
    #expect(
      try client.request("POST", "/score", json: event()).header("X-Model-Version") == "fraud/1")
    try registry.register(seed: 2, alias: "champion")
    #expect(
      try eventually {
        try client.request("POST", "/score", json: event()).header("X-Model-Version") == "fraud/2"
      })
  }

  @Test(arguments: ["model.json", "model.safetensors", "golden.json", "SHA256SUMS"])
  func `a damaged version is reported and the last good one goes on`(file: String) throws {
    let folder = ScratchFolder()
    let registry = RegistryFixture(root: folder.path + "/registry")
    try registry.register(seed: 1, alias: "champion")
    let live = try LiveServer(folder: folder)
    let client = try live.client()
    let second = try registry.register(seed: 2)
    try registry.damage(file, version: second)
    try registry.link("champion", to: second)
    let reload = try client.request("POST", "/admin/reload", body: [])
    #expect(reload.status == 409)
    #expect(
      try client.request("POST", "/score", json: event()).header("X-Model-Version") == "fraud/1")
    let ready = try client.request("GET", "/health/ready")
    #expect(ready.status == 200)
    #expect(try ready.json()["warnings"]?.arrayValue?.count == 1)
    let metrics = try client.request("GET", "/metrics").text
    #expect(
      metrics.contains(#"anomalyze_model_load_failures_total{model="fraud",alias="champion"} 1"#))
    try registry.link("champion", to: 1)
    #expect(try client.request("POST", "/admin/reload", body: []).status == 200)
    #expect(try client.request("GET", "/health/ready").json()["warnings"] == [])
  }

  @Test(arguments: ["../7", "../../../etc", "nowhere", "../01"])
  func `an alias that leads nowhere is reported`(target: String) throws {
    let folder = ScratchFolder()
    let registry = RegistryFixture(root: folder.path + "/registry")
    try registry.register(seed: 1, alias: "champion")
    let live = try LiveServer(folder: folder)
    try registry.linkRaw("champion", target: target)
    #expect(!live.models.refresh(isForced: true))
    #expect(live.models.all[0].status.problem != nil)
    #expect(live.models.all[0].current?.version == 1)
  }

  @Test func `a model that appears later is found and several are served at once`() throws {
    let folder = ScratchFolder()
    let registry = RegistryFixture(root: folder.path + "/registry")
    let live = try LiveServer(folder: folder)
    #expect(live.models.all.isEmpty)
    try registry.register("fraud", seed: 1, alias: "champion")
    try registry.register("other", seed: 2, alias: "champion")
    live.models.refresh()
    let client = try live.client()
    let other = try client.request("POST", "/score?model=other", json: event())
    #expect(other.header("X-Model-Version") == "other/1")
  }

  @Test func `several aliases of a model can be followed`() throws {
    let folder = ScratchFolder()
    let registry = RegistryFixture(root: folder.path + "/registry")
    try registry.register(seed: 1, alias: "champion")
    try registry.register(seed: 2, alias: "candidate")
    let live = try LiveServer(folder: folder, following: ["fraud", "fraud@candidate"])
    let client = try live.client()
    #expect(
      try client.request("POST", "/score", json: event()).header("X-Model-Version") == "fraud/1")
    let candidate = try client.request("POST", "/score?model=fraud%40candidate", json: event())
    #expect(candidate.header("X-Model-Version") == "fraud/2")
  }

  @Test(arguments: ["fraud/3", "a b", "", "fraud@sha256:abcd"])
  func `only aliases can be followed`(reference: String) {
    let folder = ScratchFolder()
    #expect(throws: (any Error).self) { try LiveServer(folder: folder, following: [reference]) }
  }

  @Test func `scoring goes on where the training data ended`() throws {
    let folder = ScratchFolder()
    var engine = FeatureEngine(try RegistryFixture.specification())
    let earlier = try #require(Timestamp(parsing: "2025-12-20T11:00:00Z"))
    for index in 0..<3 {
      _ = engine.process(
        Transaction(
          id: "t\(index)", time: earlier, userID: "user_99", amount: Money(millionths: 1_000_000)))
    }
    var continued = engine
    let expected: [Double?] = continued.process(Self.transaction)
    try RegistryFixture(root: folder.path + "/registry").register(
      seed: 1, alias: "champion", state: engine)
    let live = try LiveServer(folder: folder)
    let client = try live.client()
    #expect(try client.request("GET", "/v1/models/fraud").json()["transactions_seen"] == 3)
    let answer = try client.request("POST", "/score", json: event()).json()
    let row = answer["enrichment"]?.objectValue?.members.map(\.value.doubleValue)
    #expect(row == expected)
  }

  /// What `event()` says.
  private static let transaction = Transaction(
    id: "tx_555", time: Timestamp(seconds: 1_766_232_000), userID: "user_99",
    amount: Money(millionths: 4_500_500_000), currency: "USD", location: "NY")

  @Test func `a feature state of other features is refused`() throws {
    let folder = ScratchFolder()
    let registry = RegistryFixture(root: folder.path + "/registry")
    let other = FeatureEngine(try FeatureSpecification(["amount"]))
    try registry.register(seed: 1, alias: "champion", state: other)
    let live = try LiveServer(folder: folder)
    let ready = try live.client().request("GET", "/health/ready")
    #expect(ready.status == 503)
    #expect(try ready.json()["warnings"]?.arrayValue?.count == 1)
  }
}
