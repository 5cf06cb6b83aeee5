import Dispatch
import Features
import Files
import HTTPTestKit
import JSON
import Models
import Synchronization
import Testing

@testable import Serving

@Suite struct ScoreBatchTests {
  private func live(_ trials: [(reference: String, share: Double)] = []) throws -> (
    LiveServer, LoopbackClient, RegistryFixture
  ) {
    let folder = ScratchFolder()
    let fixture = RegistryFixture(root: folder.path + "/registry")
    try fixture.register(seed: 1, alias: "champion")
    try fixture.register(seed: 2, alias: "candidate")
    let live = try LiveServer(
      folder: folder, following: trials.isEmpty ? [] : ["fraud@champion"], trials: trials)
    return (live, try live.client(), fixture)
  }

  private func features(_ row: [Double]) throws -> JSONValue {
    let names = try RegistryFixture.specification().names
    return ["features": .object(JSONObject(zip(names, row).map { (key: $0, value: .number($1)) }))]
  }

  private let rows = [[20.0, 0, 0, 1], [900, 1, 1, 9], [21, 0, 0, 2]]

  @Test func `arrays, lines and tables give the scores of single rows`() throws {
    let (live, client, _) = try live()
    let singles = try rows.map {
      try client.request("POST", "/score", json: features($0)).json()["anomaly_score"]
    }
    let bodies = try rows.map { try features($0).text() }
    let array = try client.request(
      "POST", "/score/batch", headers: ["Content-Type: application/json"],
      body: Array("[\(bodies.joined(separator: ","))]".utf8))
    #expect(try array.json().arrayValue?.map { $0["anomaly_score"] } == singles)
    let lines = try client.request(
      "POST", "/score/batch", headers: ["Content-Type: application/x-ndjson"],
      body: Array(bodies.joined(separator: "\n").utf8))
    let answers = try lines.text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    #expect(answers.map { $0["anomaly_score"] } == singles)
    let names = try RegistryFixture.specification().names
    let table =
      ([names.joined(separator: ",")]
      + rows.map { row in
        row.map { "\($0)" }.joined(separator: ",")
      }).joined(separator: "\r\n")
    let records = try client.request(
      "POST", "/score/batch", headers: ["Content-Type: text/csv"], body: Array(table.utf8))
    let scores = records.text.split(separator: "\n").dropFirst().compactMap {
      Double($0.prefix { $0 != "," })
    }
    #expect(scores.map { JSONValue.number($0) } == singles)
    #expect(records.header("X-Model-Version") == "fraud/1")
    withExtendedLifetime(live) {}
  }

  @Test func `transactions in a batch move the state as single ones do`() throws {
    let (one, oneClient, _) = try live()
    let (many, manyClient, _) = try live()
    let events = (0..<5).map { event("tx_\($0)", user: "u\($0 % 2)") }
    let singles = try events.map {
      try oneClient.request("POST", "/score", json: $0).json()["anomaly_score"]
    }
    let batch = try manyClient.request("POST", "/score/batch?explain=1", json: .array(events))
    #expect(try batch.json().arrayValue?.map { $0["anomaly_score"] } == singles)
    #expect(try batch.json().arrayValue?[0]["explanation"]?.stringValue != nil)
    withExtendedLifetime((one, many)) {}
  }

  @Test func `a row at fault is named and nothing is answered`() throws {
    let (live, client, _) = try live()
    let good = try features(rows[0]).text()
    for (bad, code) in [
      (#"{"features":{"amount":1}}"#, "MISSING_FEATURE"), ("7", "VALIDATION_FAILED"),
      (#"{"features":{"nonsense":1}}"#, "UNKNOWN_FEATURE"),
      (#"{"features":{"amount":"x"}}"#, "INVALID_VALUE"),
    ] {
      let answer = try client.request(
        "POST", "/score/batch", body: Array("[\(good),\(bad)]".utf8))
      #expect(answer.status == 422)
      #expect(answer.errorCode == code)
      #expect(try answer.json()["error"]?["details"]?["index"] == 1, "\(answer.text)")
    }
    withExtendedLifetime(live) {}
  }

  @Test func `no batch moves the histories into the future`() throws {
    let (live, client, _) = try live()
    let before = live.models.all[0].current?.engine.latestMoment
    for type in ["application/json", "application/x-ndjson", "text/csv"] {
      let text =
        type == "text/csv"
        ? "tx_id,user_id,amount,timestamp\nt,u,1,2100-01-01T00:00:00Z"
        : #"{"tx_id":"t","user_id":"u","amount":1,"timestamp":"2100-01-01T00:00:00Z"}"#
      let answer = try client.request(
        "POST", "/score/batch", headers: ["Content-Type: \(type)"],
        body: Array((type == "application/json" ? "[\(text)]" : text).utf8))
      #expect(answer.errorCode == "INVALID_TIMESTAMP", "\(answer.text)")
    }
    #expect(live.models.all[0].current?.engine.latestMoment == before)
  }

  @Test func `histories that are stored by two threads are never older than the last call`() throws
  {
    let (live, client, _) = try live()
    let isDone = Atomic(false)
    let group = DispatchGroup()
    let models = live.models
    DispatchQueue(label: "storing").async(group: group) {
      while !isDone.load(ordering: .acquiring) { try? models.storeStates() }
    }
    defer {
      isDone.store(true, ordering: .releasing)
      group.wait()
    }
    for round in 0..<200 {
      let answer = try client.request("POST", "/score", json: event("t\(round)", user: "u"))
      #expect(answer.status == 200)
      try models.storeStates()
      let stored = try SafetensorsArchive(
        contentsOf: live.folder.path + "/fraud@champion.safetensors")
      let served = try #require(models.all.first { $0.alias == "champion" }?.current)
      #expect(
        try SafetensorsArchive(decoding: served.engine.encodedState().encoded())["engine"]
          == stored["engine"])
    }
  }

  @Test func `a version in the path is scored by exactly that version`() throws {
    let (live, client, _) = try live()
    for (version, seed) in [(1, UInt64(1)), (2, 2)] {
      let answer = try client.request(
        "POST", "/v1/models/fraud/versions/\(version)/score", json: features(rows[1]))
      let expected = try RegistryFixture.model(seed: seed).0.assess(rows[1]).score
      #expect(try answer.json()["anomaly_score"] == .number(expected))
      #expect(answer.header("X-Model-Version") == "fraud/\(version)")
    }
    #expect(
      try client.request("POST", "/v1/models/fraud/versions/3/score", json: features(rows[1]))
        .errorCode == "VERSION_NOT_FOUND")
    withExtendedLifetime(live) {}
  }

  @Test func `a model has several challengers, each of which is compared`() throws {
    let (live, client, fixture) = try live([("fraud@candidate", 0), ("fraud@canary", 1)])
    try fixture.register(seed: 3, alias: "canary")
    live.models.refresh(isForced: true)
    for index in 0..<5 {
      let answer = try client.request("POST", "/score", json: event("t\(index)", user: "u"))
      #expect(answer.header("X-Model-Version") == "fraud/3")
    }
    #expect(try client.request("POST", "/score", json: features(rows[0])).status == 200)
    live.models.finishTrials()
    let trials = try client.request("GET", "/v1/models/fraud/comparison").json()["trials"]
    #expect(trials?.arrayValue?.map { $0["compared"] } == [6, 6])
    #expect(trials?.arrayValue?.map { $0["answered"] } == [0, 5])
  }

  @Test func `two canaries answer different users, and not more than all`() throws {
    let (live, client, fixture) = try live([("fraud@candidate", 0.5), ("fraud@canary", 0.5)])
    try fixture.register(seed: 3, alias: "canary")
    live.models.refresh(isForced: true)
    var counts: [String: Int] = [:]
    for user in 0..<40 {
      let answer = try client.request(
        "POST", "/score", json: event("t\(user)", user: "user-\(user)"))
      counts[answer.header("X-Model-Version") ?? "", default: 0] += 1
    }
    #expect(counts["fraud/1"] == nil)
    #expect((8...32).contains(counts["fraud/2"] ?? 0))
    #expect((8...32).contains(counts["fraud/3"] ?? 0))
    #expect(throws: ServingError.self) {
      try self.live([("fraud@candidate", 0.5), ("fraud@canary", 0.6)])
    }
    withExtendedLifetime(live) {}
  }

  @Test func `a shadow is compared and never answers, a canary answers its share`() throws {
    let (live, client, _) = try live([("fraud@candidate", 0)])
    for index in 0..<20 {
      let answer = try client.request("POST", "/score", json: event("t\(index)", user: "u\(index)"))
      #expect(answer.header("X-Model-Version") == "fraud/1")
    }
    live.models.finishTrials()
    let shadow = try client.request("GET", "/v1/models/fraud/comparison").json()["trials"]?
      .arrayValue?[0]
    #expect(shadow?["compared"] == 20)
    #expect(shadow?["answered"] == 0)
    let (second, other, _) = try self.live([("fraud@candidate", 0.5)])
    var versions: [String: String] = [:]
    for round in 0..<2 {
      for user in 0..<40 {
        let answer = try other.request(
          "POST", "/score", json: event("t\(round)-\(user)", user: "user-\(user)"))
        let version = answer.header("X-Model-Version") ?? ""
        #expect(versions["\(user)"] ?? version == version)
        versions["\(user)"] = version
      }
    }
    let share = versions.values.count { $0 == "fraud/2" }
    #expect((8...32).contains(share))
    withExtendedLifetime((live, second)) {}
  }

  @Test func `what a model was asked is compared with its training data`() throws {
    let (live, client, _) = try live()
    _ = try client.request("POST", "/score", json: features(rows[0]))
    #expect(try client.request("GET", "/metrics").status == 200)
    withExtendedLifetime(live) {}
  }

  @Test func `the state goes on across a swap of versions`() throws {
    let (live, client, fixture) = try live()
    func count(_ event: JSONValue) throws -> Double? {
      let enrichment = try client.request("POST", "/score", json: event).json()["enrichment"]
      return enrichment?.objectValue?.members.last?.value.doubleValue
    }
    #expect(try count(event("a", user: "same")) == 1)
    try fixture.move("champion", to: 2)
    live.models.refresh()
    #expect(try count(event("b", user: "same")) == 2)
    // The same transaction again is not counted again, whichever version saw it first.
    #expect(try count(event("a", user: "same")) == 1)
    withExtendedLifetime(live) {}
  }
}
