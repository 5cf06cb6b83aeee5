import Dispatch
import Files
import Glibc
import HTTPTestKit
import JSON
import Synchronization
import Testing

/// Each test runs the program itself.
@Suite(.serialized) struct ServerProcessTests {
  @Test func `every acknowledged fit survives kill -9 at any moment`() throws {
    let folder = ScratchFolder()
    let arguments = ["--port", "0", "--series-store", folder.path + "/series.sqlite"]
    var acknowledged: [String: String] = [:]
    for round in 0..<5 {
      let server = try RunningServer(arguments)
      let (id, port) = (server.id, server.port)
      let seen = Mutex<[String: String]>([:])
      beside("kill") {
        // The first round goes on until there is something to lose.
        _ = eventually { round > 0 || seen.withLock { !$0.isEmpty } }
        usleep(.random(in: 50_000...600_000))
        kill(id, SIGKILL)
      }
      DispatchQueue.concurrentPerform(iterations: 4) { worker in
        guard let client = try? LoopbackClient(port: port) else { return }
        for index in 0..<100_000 {
          let series = "s-\(worker)-\(index % 5)"
          let body = fitBody([1, 2, 3, Double(round * 1_000_000 + worker * 100_000 + index)])
          guard let response = try? client.request("POST", "/fit/\(series)", json: body),
            response.status == 200, let version = try? response.json()["version"]?.stringValue
          else { return }
          seen.withLock { $0[series] = version }
        }
      }
      #expect(server.wait() == -SIGKILL)
      acknowledged.merge(seen.withLock { $0 }) { _, new in new }
      let restarted = try RunningServer(arguments)
      let client = try LoopbackClient(port: restarted.port)
      for (id, version) in acknowledged {
        let response = try client.request(
          "POST", "/predict/\(id)?version=\(version)", json: point(2))
        #expect(response.status == 200, "\(id) \(version)")
      }
      restarted.send(SIGTERM)
      #expect(restarted.wait() == 0)
    }
    #expect(!acknowledged.isEmpty)
  }

  @Test func `SIGTERM under load cuts no answer and exits 0`() throws {
    let folder = ScratchFolder()
    let server = try RunningServer(["--port", "0", "--series-store", folder.path + "/s.sqlite"])
    let (id, port) = (server.id, server.port)
    _ = try LoopbackClient(port: port).request("POST", "/fit/s", json: fitBody([1, 2, 3]))
    let cut = Mutex(0)
    let answered = Mutex(0)
    beside("end") {
      _ = eventually { answered.withLock { $0 >= 100 } }
      kill(id, SIGTERM)
    }
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      guard let client = try? LoopbackClient(port: port) else { return }
      while true {
        do {
          let response = try client.request("POST", "/predict/s", json: point(2))
          guard response.status == 200 else { return cut.withLock { $0 += 1 } }
          answered.withLock { $0 += 1 }
          if response.header("Connection") == "close" { return }
        } catch WireError.closed(let received) {
          // Closed between two answers is fair, in the middle of one it is not.
          if !received.isEmpty { cut.withLock { $0 += 1 } }
          return
        } catch {
          return cut.withLock { $0 += 1 }
        }
      }
    }
    #expect(server.wait() == 0)
    #expect(cut.withLock { $0 } == 0)
    #expect(answered.withLock { $0 } >= 100)
  }

  @Test func `a server that has looked for requests rests when there are none`() throws {
    let folder = ScratchFolder()
    let server = try RunningServer([
      "--port", "0", "--series-store", folder.path + "/s.sqlite", "--busy-poll", "10000",
    ])
    let client = try LoopbackClient(port: server.port)
    for _ in 0..<200 { #expect(try client.request("GET", "/health/live").status == 200) }
    let before = try #require(server.processorTicks)
    usleep(1_500_000)
    let after = try #require(server.processorTicks)
    // The connection is still open; a thread that went on looking would have spent 150.
    #expect(after - before < 30)
    #expect(try client.request("GET", "/health/live").status == 200)
  }

  @Test func `a port in use, a busy store and a bad option each give one clear line`() throws {
    let folder = ScratchFolder()
    let store = folder.path + "/series.sqlite"
    let server = try RunningServer(["--port", "0", "--series-store", store])
    // A registry of its own: what lies in the folder where the tests run must not matter.
    let registry = ["--registry", folder.path + "/registry"]
    let port = try RunningServer.run(
      ["--port", "\(server.port)", "--series-store", folder.path + "/other.sqlite"] + registry)
    #expect(port.exitCode == 2)
    #expect(port.errorText.contains("port \(server.port) on 127.0.0.1 is in use"))
    let busy = try RunningServer.run(["--port", "0", "--series-store", store] + registry)
    #expect(busy.exitCode == 6)
    let option = try RunningServer.run(["--prot", "0"])
    #expect(option.exitCode == 2)
    #expect(option.errorText.contains("--port"))
    for outcome in [port, busy, option] {
      #expect(outcome.errorText.split(separator: "\n").count == 1)
    }
  }

  @Test func `a store that is no database is refused`() throws {
    let folder = ScratchFolder()
    let path = folder.path + "/series.sqlite"
    let text = String(repeating: "this is not a database ", count: 100)
    try FileSystem.writeAtomically(Array(text.utf8), to: path)
    let outcome = try RunningServer.run(["--port", "0", "--series-store", path])
    #expect(outcome.exitCode == 7)
    #expect(outcome.errorText.split(separator: "\n").count == 1)
  }

  @Test func `the alias moves a thousand times under load without one failed request`() throws {
    let folder = ScratchFolder()
    let registry = RegistryFixture(root: folder.path + "/registry")
    try registry.register(seed: 1, alias: "champion")
    try registry.register(seed: 2)
    let server = try RunningServer([
      "--port", "0", "--series-store", folder.path + "/s.sqlite", "--registry", registry.root,
      "--follow", "fraud@champion",
    ])
    let port = server.port
    let isDone = Mutex(false)
    let failed = Mutex(0)
    let seen = Mutex<[String: Int]>([:])
    let workers = DispatchGroup()
    for worker in 0..<4 {
      DispatchQueue(label: "worker-\(worker)").async(group: workers) {
        guard let client = try? LoopbackClient(port: port) else {
          return failed.withLock { $0 += 1 }
        }
        var index = 0
        while !isDone.withLock({ $0 }) {
          index += 1
          let response = try? client.request(
            "POST", "/score", json: event("tx-\(worker)-\(index)", amount: 20))
          if let response, response.status == 200, let version = response.header("X-Model-Version")
          {
            seen.withLock { $0[version, default: 0] += 1 }
          } else {
            failed.withLock { $0 += 1 }
          }
        }
      }
    }
    for move in 1...50 { try registry.move("champion", to: move % 2 + 1) }
    // The rest as quickly as links can be replaced: only the catalogue's part of a move is left out.
    for move in 51...1_000 {
      try registry.link("champion", to: move % 2 + 1)
      usleep(2_000)
    }
    isDone.withLock { $0 = true }
    workers.wait()
    #expect(failed.withLock { $0 } == 0)
    #expect(Set(seen.withLock { $0 }.keys) == ["fraud/1", "fraud/2"])
    let metrics = try LoopbackClient(port: port).request("GET", "/metrics").text
    let line = metrics.split(separator: "\n").first {
      $0.hasPrefix("anomalyze_model_loads_total")
    }
    let loads = try #require(line?.split(separator: " ").last.flatMap { Int($0) })
    #expect(loads > 50, "\(loads) versions were swapped in")
    server.send(SIGTERM)
    #expect(server.wait() == 0)
  }

  @Test func `SIGHUP reloads`() throws {
    let folder = ScratchFolder()
    let server = try RunningServer([
      "--port", "0", "--series-store", folder.path + "/s.sqlite", "--registry",
      folder.path + "/registry",
    ])
    let client = try LoopbackClient(port: server.port)
    #expect(try client.request("POST", "/score", json: event()).status == 503)
    try RegistryFixture(root: folder.path + "/registry").register(seed: 1, alias: "champion")
    server.send(SIGHUP)
    #expect(try eventually { try client.request("POST", "/score", json: event()).status == 200 })
  }

  @Test func `the server links no database client, no BLAS and no YAML`() throws {
    let folder = ScratchFolder()
    let server = try RunningServer(["--port", "0", "--series-store", folder.path + "/s.sqlite"])
    let maps = try FileSystem.readText("/proc/\(server.id)/maps")
    #expect(maps.contains("libmicrohttpd"))
    for name in ["libpq", "blas", "lapack", "libyaml"] { #expect(!maps.contains(name), "\(name)") }
  }
}
