import Dispatch
import Glibc
import HTTP
import HTTPTestKit
import Testing

@Suite struct HTTPDrainTests {
  @Test func `finishes what it accepted and refuses new connections`() throws {
    let held = HeldAnswers()
    let server = try makeServer(held: held)
    let busy = try LoopbackClient(port: server.port)
    busy.send(LoopbackClient.bytes(of: "POST", "/held", body: []))
    let idle = try LoopbackClient(port: server.port)
    #expect(try idle.request("GET", "/hello").status == 200)
    #expect(eventually { held.count == 1 })
    let port = server.port
    let stopped = DispatchSemaphore(value: 0)
    // A queue of its own: the shared ones wait when there are few processors.
    DispatchQueue(label: "stop").async {
      server.stop()
      stopped.signal()
    }
    #expect(eventually { (try? LoopbackClient(port: port).request("GET", "/hello")) == nil })
    held.release()
    let response = try busy.response()
    #expect(response.text == "held")
    #expect(response.header("Connection") == "close")
    #expect(stopped.wait(timeout: .now() + 60) == .success)
    #expect(server.connectionCount == 0)
  }

  @Test func `a request that a thread takes up while it is told to end is waited for`() throws {
    let held = HeldAnswers()
    let (entered, leave) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    var settings = HTTPServerSettings()
    settings.threadCount = 1
    let server = try HTTPServer(
      settings,
      router: Router([
        Route("GET", "/hello", "Greets.", .immediate { _ in .text("hello") }),
        Route(
          "GET", "/block", "Keeps the thread.",
          .immediate { _ in
            entered.signal()
            leave.wait()
            return .text("left")
          }),
        Route(
          "POST", "/held", "Answers when it may.", .deferred { _, respond in held.hold(respond) }),
      ]), requestIDPrefix: "test-")
    let clients = try (0..<3).map { _ in try LoopbackClient(port: server.port) }
    for client in clients { #expect(try client.request("GET", "/hello").status == 200) }
    clients[0].send(LoopbackClient.bytes(of: "GET", "/block"))
    entered.wait()
    // Both arrive while the thread is busy, so one turn of it takes both up.
    clients[1].send(LoopbackClient.bytes(of: "GET", "/block"))
    clients[2].send(LoopbackClient.bytes(of: "POST", "/held", body: []))
    leave.signal()
    entered.wait()
    let stopped = DispatchSemaphore(value: 0)
    DispatchQueue(label: "stop").async {
      server.stop(grace: .zero)
      stopped.signal()
    }
    // Long enough for the thread to be told to end.
    usleep(100_000)
    leave.signal()
    #expect(eventually { held.count == 1 })
    held.release()
    #expect(stopped.wait(timeout: .now() + 60) == .success)
  }

  @Test func `clients that leave in the middle of a long answer cost the others nothing`() throws {
    let server = try makeServer()
    defer { server.stop() }
    for _ in 0..<20 {
      let leaving = try LoopbackClient(port: server.port)
      // Far more than the system's buffers take, so the answer is on its way when the client leaves.
      leaving.send(LoopbackClient.bytes(of: "GET", "/sized/20000000"))
      leaving.send(LoopbackClient.bytes(of: "GET", "/hello"))
    }
    let client = try LoopbackClient(port: server.port)
    #expect(try client.request("GET", "/hello").status == 200)
    #expect(try client.request("GET", "/sized/20000000").body.count == 20_000_000)
    #expect(eventually { server.connectionCount == 1 })
  }

  @Test func `a client that went away does not stop the others`() throws {
    let server = try makeServer()
    defer { server.stop() }
    do {
      let gone = try LoopbackClient(port: server.port)
      gone.send(LoopbackClient.bytes(of: "POST", "/slow", body: Array("100".utf8)))
    }
    do {
      let half = try LoopbackClient(port: server.port)
      half.send("POST /echo/x HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc")
      half.closeSending()
    }
    usleep(200_000)
    let finished = try LoopbackClient(port: server.port)
    finished.send(LoopbackClient.bytes(of: "POST", "/echo/x", body: Array("all".utf8)))
    finished.closeSending()
    #expect(try finished.response().text == "all")
    #expect(try LoopbackClient(port: server.port).request("GET", "/hello").status == 200)
  }
}
