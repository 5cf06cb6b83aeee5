import Dispatch
import HTTP
import HTTPTestKit
import JSON
import Synchronization
import Testing

/// Answers that wait until the test lets them go.
final class HeldAnswers: Sendable {
  private let waiting = Mutex<[@Sendable (HTTPResponse) -> Void]>([])

  /// How many wait.
  var count: Int { waiting.withLock { $0.count } }

  func hold(_ respond: @escaping @Sendable (HTTPResponse) -> Void) {
    waiting.withLock { $0.append(respond) }
  }

  func release() {
    let answers = waiting.withLock { answers in
      defer { answers = [] }
      return answers
    }
    for respond in answers { respond(.text("held")) }
  }
}

/// Answers that take their time; a queue of its own, because the shared ones wait when there are few processors.
private let slowAnswers = DispatchQueue(label: "slow answers")

/// A server with one route of each kind.
func makeServer(
  held: HeldAnswers = HeldAnswers(), _ adjust: (inout HTTPServerSettings) -> Void = { _ in }
) throws -> HTTPServer {
  var settings = HTTPServerSettings()
  adjust(&settings)
  let routes = [
    Route("GET", "/hello", "Greets.", .immediate { _ in .text("hello") }),
    Route(
      "POST", "/echo/{name}", "Answers what it got.",
      .immediate { request in
        HTTPResponse(
          contentType: "application/octet-stream",
          headers: [
            ("X-Name", request.parameter("name")), ("X-Q", request.queryValue("q") ?? "-"),
          ],
          body: request.body)
      }),
    Route(
      "POST", "/slow", "Answers from a worker.",
      .deferred { request, respond in
        let milliseconds = Int(String(decoding: request.body, as: UTF8.self)) ?? 0
        slowAnswers.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) {
          respond(.text("slow"))
        }
      }),
    Route("POST", "/held", "Answers when it may.", .deferred { _, respond in held.hold(respond) }),
    Route("GET", "/broken", "Fails.", .immediate { _ in throw CancellationError() }),
    Route("GET", "/sized/fixed", "Has a literal segment.", .immediate { _ in .text("literal") }),
    Route(
      "GET", "/sized/{count}", "Answers that many bytes.",
      .immediate { request in
        HTTPResponse(
          contentType: "text/plain",
          body: Array(repeating: 120, count: Int(request.parameter("count")) ?? 0))
      }),
  ]
  return try HTTPServer(settings, router: Router(routes), requestIDPrefix: "test-")
}

@Suite struct HTTPServerTests {
  @Test func `answers on a free port and keeps the connection`() throws {
    let server = try makeServer()
    defer { server.stop() }
    let client = try LoopbackClient(port: server.port)
    for _ in 0..<3 {
      let response = try client.request("GET", "/hello")
      #expect(response.status == 200)
      #expect(response.text == "hello")
    }
  }

  @Test func `says that a port is in use`() throws {
    let server = try makeServer()
    defer { server.stop() }
    let error = #expect(throws: HTTPServerError.self) { try makeServer { $0.port = server.port } }
    #expect(error == .addressInUse(address: "127.0.0.1", port: server.port))
    #expect("\(try #require(error))".contains("in use by another process"))
  }

  @Test(arguments: ["localhost", "300.1.1.1", ""])
  func `refuses an address that is not numeric`(address: String) {
    #expect(throws: HTTPServerError.invalidAddress(address)) {
      try makeServer { $0.address = address }
    }
  }

  @Test func `hands the content, the path and the query to the handler`() throws {
    let server = try makeServer()
    defer { server.stop() }
    let client = try LoopbackClient(port: server.port)
    let body = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
    let response = try client.request("POST", "/echo/a%20b%2Fc?q=x%26y%20z&r", body: body)
    #expect(response.body == body)
    #expect(response.header("X-Name") == "a b/c")
    #expect(response.header("X-Q") == "x&y z")
  }

  @Test func `reads chunked content`() throws {
    let server = try makeServer()
    defer { server.stop() }
    let client = try LoopbackClient(port: server.port)
    client.send(
      "POST /echo/x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    #expect(try client.response().text == "abcde")
  }

  @Test func `answers pipelined requests in order`() throws {
    let server = try makeServer()
    defer { server.stop() }
    let client = try LoopbackClient(port: server.port)
    for text in ["one", "two", "three"] {
      client.send(LoopbackClient.bytes(of: "POST", "/echo/x", body: Array(text.utf8)))
    }
    #expect(try client.response().text == "one")
    #expect(try client.response().text == "two")
    #expect(try client.response().text == "three")
  }

  @Test func `a deferred answer lets other connections go on`() throws {
    let held = HeldAnswers()
    let server = try makeServer(held: held) { $0.threadCount = 1 }
    defer { server.stop() }
    let slow = try LoopbackClient(port: server.port)
    slow.send(LoopbackClient.bytes(of: "POST", "/held", body: []))
    #expect(eventually { held.count == 1 })
    let quick = try LoopbackClient(port: server.port)
    #expect(try quick.request("GET", "/hello").text == "hello")
    held.release()
    #expect(try slow.response().text == "held")
  }

  @Test func `echoes a plain request identifier and makes one otherwise`() throws {
    let server = try makeServer()
    defer { server.stop() }
    let client = try LoopbackClient(port: server.port)
    let given = try client.request("GET", "/hello", headers: ["X-Request-Id: abc-123"])
    #expect(given.header("X-Request-Id") == "abc-123")
    let made = try client.request("GET", "/hello", headers: ["X-Request-Id: with \"quotes\""])
    #expect(try #require(made.header("X-Request-Id")).hasPrefix("test-"))
    let another = try client.request("GET", "/hello")
    #expect(another.header("X-Request-Id") != made.header("X-Request-Id"))
  }

  @Test func `an empty path does not lead where the long one before it led`() throws {
    let server = try makeServer()
    defer { server.stop() }
    let client = try LoopbackClient(port: server.port)
    let long = String(repeating: "x", count: 300)
    let first = try client.request("POST", "/echo/\(long)", body: [])
    #expect(first.header("X-Name") == long)
    #expect(try client.request("POST", "?q=1", body: []).errorCode == "ROUTE_NOT_FOUND")
    #expect(try client.request("POST", "/echo/\(long)y", body: []).header("X-Name") == long + "y")
  }

  @Test func `a failure has the error shape`() throws {
    let server = try makeServer()
    defer { server.stop() }
    let client = try LoopbackClient(port: server.port)
    let missing = try client.request("GET", "/nowhere")
    #expect(missing.status == 404)
    #expect(missing.errorCode == "ROUTE_NOT_FOUND")
    #expect(missing.header("Content-Type") == "application/json")
    let method = try client.request("GET", "/echo/x")
    #expect(method.status == 405)
    #expect(method.header("Allow") == "POST, OPTIONS")
    let broken = try client.request("GET", "/broken")
    #expect(broken.status == 500)
    #expect(broken.errorCode == "INTERNAL_ERROR")
    #expect(!broken.text.contains("Cancellation"))
  }

  @Test func `HEAD has the header of GET and no content, OPTIONS lists the methods`() throws {
    let server = try makeServer()
    defer { server.stop() }
    let client = try LoopbackClient(port: server.port)
    let head = try client.request("HEAD", "/hello")
    #expect(head.status == 200)
    #expect(head.header("Content-Length") == "5")
    let options = try client.request("OPTIONS", "/hello")
    #expect(options.status == 204)
    #expect(options.header("Allow") == "GET, HEAD, OPTIONS")
  }

  @Test func `a literal segment wins over a placeholder`() throws {
    let server = try makeServer()
    defer { server.stop() }
    let client = try LoopbackClient(port: server.port)
    #expect(try client.request("GET", "/sized/fixed").text == "literal")
    #expect(try client.request("GET", "/sized/3").text == "xxx")
  }

  @Test(arguments: ["/sized/a%00b", "/sized/%zz", "/sized/%2", "/sized/%ff", "/sized/%0a"])
  func `refuses a path that hides bytes`(target: String) throws {
    let server = try makeServer()
    defer { server.stop() }
    let response = try LoopbackClient(port: server.port).request("GET", target)
    #expect(response.status == 400)
    #expect(response.errorCode == "MALFORMED_TARGET")
  }
}
