import Dispatch
import Features
import Files
import Glibc
import HTTPTestKit
import JSON
import SQLite
import Synchronization
import Terminal
import Testing
import Transactions

/// What may go wrong around the program while it runs.
@Suite(.serialized) struct ServerFaultTests {
  private static func start(
    in folder: ScratchFolder, _ further: [String] = []
  ) throws -> RunningServer {
    try RunningServer(
      [
        "--port", "0", "--series-store", folder.path + "/series.sqlite", "--registry",
        folder.path + "/registry",
      ] + further)
  }

  @Test func `ten thousand idle connections leave room for an answer and cost little memory`()
    throws
  {
    raiseOwnFileLimit()
    let folder = ScratchFolder()
    let server = try ServerFaultTests.start(in: folder)
    _ = try LoopbackClient(port: server.port).request("POST", "/fit/s", json: fitBody([1, 2, 3]))
    let before = server.residentByteCount
    var idle: [LoopbackClient] = []
    for _ in 0..<10_000 { idle.append(try LoopbackClient(port: server.port)) }
    let client = try LoopbackClient(port: server.port)
    #expect(try client.request("POST", "/predict/s", json: point(2)).status == 200)
    for index in [0, 5_000, 9_999] {
      #expect(try idle[index].request("POST", "/predict/s", json: point(2)).status == 200)
    }
    let perConnection = (server.residentByteCount - before) / idle.count
    // A sanitizer surrounds and keeps every piece of memory: what it takes is not the server's.
    if Terminal.environment("ANOMALYZE_SANITIZER") == nil {
      #expect(perConnection < 8_192, "\(perConnection) bytes a connection")
    }
    idle = []
    #expect(try client.request("GET", "/health/live").status == 200)
  }

  @Test func `without a free file the server waits, and goes on when there is one`() throws {
    let folder = ScratchFolder()
    let server = try ServerFaultTests.start(in: folder)
    let first = try LoopbackClient(port: server.port)
    #expect(try first.request("POST", "/fit/s", json: fitBody([1, 2, 3])).status == 200)
    server.limitOpenFiles(to: 64)
    var crowd: [LoopbackClient] = []
    for _ in 0..<200 { crowd.append(try LoopbackClient(port: server.port)) }
    // Who is in is answered, whoever waits outside.
    for _ in 0..<20 {
      #expect(try first.request("POST", "/predict/s", json: point(2)).status == 200)
    }
    let fit = try first.request("POST", "/fit/t", json: fitBody([1, 2, 3]))
    #expect(fit.status == 200 || fit.status == 503)
    crowd = []
    #expect(
      eventually {
        (try? LoopbackClient(port: server.port).request("GET", "/health/live"))?.status == 200
      })
    #expect(try first.request("POST", "/fit/t", json: fitBody([1, 2, 4])).status == 200)
    server.send(SIGTERM)
    #expect(server.wait() == 0)
  }

  @Test func `a locked store is 503, predictions go on, and the next fit is stored`() throws {
    let folder = ScratchFolder()
    let server = try ServerFaultTests.start(in: folder)
    let client = try LoopbackClient(port: server.port)
    #expect(try client.request("POST", "/fit/s", json: fitBody([1, 2, 3])).status == 200)
    do {
      let other = try SQLiteConnection(
        folder.path + "/series.sqlite", options: SQLiteOptions(access: .readWrite))
      try other.execute("BEGIN IMMEDIATE")
      client.send(
        LoopbackClient.bytes(
          of: "POST", "/fit/s", headers: ["Content-Type: application/json"],
          body: fitBody([1, 2, 9]).bytes()))
      let another = try LoopbackClient(port: server.port)
      #expect(try another.request("POST", "/predict/s", json: point(2)).status == 200)
      let refused = try client.response()
      #expect(refused.status == 503)
      #expect(refused.errorCode == "STORE_UNAVAILABLE")
      #expect(refused.header("Retry-After") != nil)
      try other.execute("ROLLBACK")
    }
    let stored = try client.request("POST", "/fit/s", json: fitBody([1, 2, 9]))
    #expect(try stored.json()["version"] == "v2")
  }

  @Test func `a full disk is 503 and nothing acknowledged is lost`() throws {
    let folder = ScratchFolder()
    let server = try ServerFaultTests.start(in: folder)
    let client = try LoopbackClient(port: server.port)
    var acknowledged: [String] = []
    var refused = 0
    server.limitFileSize(to: 300_000)
    for index in 0..<200 where refused < 5 {
      let values = (0..<300).map { Double(index * 1_000 + $0) }
      let response = try client.request("POST", "/fit/s-\(index)", json: fitBody(values))
      if response.status == 200 {
        acknowledged.append("s-\(index)")
      } else {
        #expect(response.status == 503)
        #expect(response.errorCode == "STORE_UNAVAILABLE")
        refused += 1
      }
    }
    #expect(refused == 5)
    #expect(!acknowledged.isEmpty)
    // What could not be stored is not served either.
    for index in 0..<200 {
      let status = try client.request("POST", "/predict/s-\(index)", json: point(2)).status
      #expect(status == (acknowledged.contains("s-\(index)") ? 200 : 404))
    }
    server.limitFileSize(to: nil)
    #expect(try client.request("POST", "/fit/after", json: fitBody([1, 2, 3])).status == 200)
    server.send(SIGKILL)
    #expect(server.wait() == -SIGKILL)
    let restarted = try ServerFaultTests.start(in: folder)
    let again = try LoopbackClient(port: restarted.port)
    for id in acknowledged + ["after"] {
      #expect(try again.request("POST", "/predict/\(id)", json: point(2)).status == 200, "\(id)")
    }
  }

  @Test func `histories stored every second go on after a kill`() throws {
    let folder = ScratchFolder()
    let registry = RegistryFixture(root: folder.path + "/registry")
    try registry.register(seed: 1, alias: "champion")
    let server = try ServerFaultTests.start(in: folder, ["--state-seconds", "1"])
    let client = try LoopbackClient(port: server.port)
    func count(_ id: String, _ client: LoopbackClient) throws -> Double? {
      let answer = try client.request("POST", "/score", json: event(id)).json()
      return answer["enrichment"]?.objectValue?.members.last?.value.doubleValue
    }
    var last: Double?
    for index in 0..<5 { last = try count("tx-\(index)", client) }
    let state = folder.path + "/feature-state/fraud@champion.safetensors"
    // One that is stored while events come has not seen all of them.
    #expect(
      try eventually {
        guard FileSystem.exists(state) else { return false }
        var stored = FeatureEngine(try RegistryFixture.specification())
        try stored.restore(SafetensorsArchive(contentsOf: state))
        return stored.processedCount == 5
      })
    server.send(SIGKILL)
    #expect(server.wait() == -SIGKILL)
    let restarted = try ServerFaultTests.start(in: folder, ["--state-seconds", "1"])
    let next = try count("tx-5", try LoopbackClient(port: restarted.port))
    #expect(next == last.map { $0 + 1 })
  }

  /// What a worker of the soak asks for in a round.
  private static func requests(of worker: Int, at index: Int) -> [(path: String, body: JSONValue)] {
    let number = Double(index * 4 + worker)
    // Time goes on, so that windows let go of what they have seen; the million half-hours since 1970 outlast the soak.
    let time = Timestamp(seconds: Int64(index) * 1_800).description
    return [
      ("/fit/s-\(worker)", fitBody([1, 2, number])),
      ("/predict/s-\(worker)", point(number)),
      ("/score", event("tx-\(worker)-\(index)", time: .string(time), user: "u-\(index % 50)")),
    ]
  }

  @Test(.enabled(if: Terminal.environment("ANOMALYZE_SOAK_SECONDS") != nil))
  func `a soak of fits, predictions, scores, moves and lost clients does not grow`() throws {
    let seconds = Int(Terminal.environment("ANOMALYZE_SOAK_SECONDS") ?? "") ?? 60
    let folder = ScratchFolder()
    let registry = RegistryFixture(root: folder.path + "/registry")
    try registry.register(seed: 1, alias: "champion")
    try registry.register(seed: 2)
    let server = try ServerFaultTests.start(
      in: folder, ["--follow", "fraud@champion", "--busy-poll", "50"])
    let port = server.port
    let failures = Mutex<[String: Int]>([:])
    let answers = Atomic(0)
    func work(_ rounds: Int, from first: Int) {
      DispatchQueue.concurrentPerform(iterations: 4) { worker in
        var client: LoopbackClient?
        for index in first..<first + rounds {
          // What fails is counted by its kind.
          do {
            let open = try client ?? LoopbackClient(port: port)
            client = open
            for (path, body) in ServerFaultTests.requests(of: worker, at: index) {
              let answer = try open.request("POST", path, json: body)
              answers.add(1, ordering: .relaxed)
              if answer.status != 200 {
                let kind = "\(path) \(answer.status) \(answer.errorCode ?? "")"
                failures.withLock { $0[kind, default: 0] += 1 }
              }
            }
            if index % 20 == 0 {
              let gone = try LoopbackClient(port: port)
              gone.send("POST /fit/s HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{")
            }
          } catch {
            failures.withLock { $0["\(error)", default: 0] += 1 }
            client = nil
          }
        }
      }
    }
    var round = 0
    let start = ContinuousClock.now
    // What grows to a bound (remembered transactions, pools of memory) has reached it before the first look.
    while start.duration(to: .now) < .seconds(seconds / 2) {
      work(200, from: round * 200)
      try registry.move("champion", to: round % 2 + 1)
      round += 1
    }
    let middle = server.residentByteCount
    while start.duration(to: .now) < .seconds(seconds) {
      work(200, from: round * 200)
      try registry.move("champion", to: round % 2 + 1)
      round += 1
    }
    let growth = server.residentByteCount - middle
    print("soak: \(answers.load(ordering: .relaxed)) answers; \(middle) bytes, then \(growth) more")
    #expect(failures.withLock { $0 } == [:])
    #expect(growth < max(4 << 20, middle / 10), "\(middle) bytes, then \(growth) more")
    server.send(SIGTERM)
    #expect(server.wait() == 0)
  }
}
