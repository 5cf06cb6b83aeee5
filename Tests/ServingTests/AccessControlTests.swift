import Files
import HTTP
import HTTPTestKit
import JSON
import Serving
import Testing

@Suite struct AccessControlTests {
  private func fixture() throws -> JSONValue {
    let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return try JSONValue(parsing: FileSystem.read("/\(folder)/Fixtures/serving/tokens.json"))
  }

  /// A server with a route of each access.
  private func server(_ access: AccessControl?, limit: RateLimit? = nil) throws -> HTTPServer {
    let routes = [Route.Access.open, .viewer, .scorer, .trainer, .promoter].map { access in
      Route(
        "POST", "/\(access)", "Answers who may.", access: access,
        .immediate { _ in .text("in") })
    }
    return try HTTPServer(
      HTTPServerSettings(), router: Router(routes),
      gate: RequestGate(limit: limit, access: access), requestIDPrefix: "t-")
  }

  private func status(_ server: HTTPServer, _ path: String, token: String?) throws -> Int {
    let headers = token.map { ["Authorization: Bearer \($0)"] } ?? []
    return try LoopbackClient(port: server.port).request(
      "POST", path, headers: headers, body: []
    ).status
  }

  @Test func `a role reaches what it contains and no further`() throws {
    let file = "# people\nviewer vvvvvvvvvvvvvvvv ann\ntrainer tttttttttttttttt\n"
    let access = try AccessControl(
      tokenFile: file, keySet: nil, audience: nil, unixSeconds: { 0 })
    let server = try server(access)
    defer { server.stop() }
    let expected: [(String?, String, Int)] = [
      (nil, "/open", 200), (nil, "/viewer", 401), ("vvvvvvvvvvvvvvvv", "/viewer", 200),
      ("vvvvvvvvvvvvvvvv", "/scorer", 403), ("tttttttttttttttt", "/scorer", 200),
      ("tttttttttttttttt", "/trainer", 200), ("tttttttttttttttt", "/promoter", 403),
      ("vvvvvvvvvvvvvvvx", "/viewer", 401), ("vvvvvvvv", "/viewer", 401), ("", "/viewer", 401),
      (nil, "/nowhere", 401),
    ]
    for (token, path, status) in expected {
      #expect(try self.status(server, path, token: token) == status, "\(token ?? "none") \(path)")
    }
  }

  @Test func `web tokens are taken only with a pinned key, algorithm, time, audience and role`()
    throws
  {
    let fixture = try fixture()
    let access = try AccessControl(
      tokenFile: nil, keySet: fixture["keys"], audience: "anomalyze",
      unixSeconds: { 1_800_000_000 })
    let server = try server(access)
    defer { server.stop() }
    for (what, token) in fixture["accepted"]?.objectValue?.members ?? [] {
      #expect(try status(server, "/scorer", token: token.stringValue) == 200, "\(what)")
      #expect(try status(server, "/trainer", token: token.stringValue) == 403, "\(what)")
    }
    for (what, token) in fixture["refused"]?.objectValue?.members ?? [] {
      #expect(try status(server, "/scorer", token: token.stringValue) == 401, "\(what)")
    }
    let good = try #require(fixture["accepted"]?["ES256"]?.stringValue)
    let parts = good.split(separator: ".")
    for forged in [
      "\(parts[0]).\(parts[1])", "\(parts[0]).\(parts[1]).", "\(parts[0])..\(parts[2])", "..",
      good + "A", String(good.dropLast(4)),
    ] {
      #expect(try status(server, "/scorer", token: forged) == 401)
    }
  }

  @Test(arguments: ["", "# nothing\n", "king abcdefghijklmnopq\n", "short\n"])
  func `a token file that grants nothing ends the start`(file: String) {
    #expect(throws: ServingError.self) {
      try AccessControl(tokenFile: file, keySet: nil, audience: nil, unixSeconds: { 0 })
    }
  }

  @Test func `a client that asks too often is told to wait, others are not`() throws {
    let server = try server(nil, limit: RateLimit(perSecond: 5, seconds: { 100 }))
    defer { server.stop() }
    let statuses = try (0..<12).map { _ in try status(server, "/viewer", token: nil) }
    #expect(statuses.count { $0 == 200 } == 10)
    #expect(statuses.suffix(2) == [429, 429])
    #expect(try status(server, "/open", token: nil) == 200)
  }

  @Test func `an allowed origin may read answers, another may not`() throws {
    var settings = HTTPServerSettings()
    settings.allowedOrigins = ["https://example.org"]
    let route = Route("GET", "/x", "Answers.", .immediate { _ in .text("x") })
    let server = try HTTPServer(settings, router: Router([route]), requestIDPrefix: "t-")
    defer { server.stop() }
    let client = try LoopbackClient(port: server.port)
    let allowed = try client.request("GET", "/x", headers: ["Origin: https://example.org"])
    #expect(allowed.header("Access-Control-Allow-Origin") == "https://example.org")
    let other = try client.request("GET", "/x", headers: ["Origin: https://evil.example"])
    #expect(other.header("Access-Control-Allow-Origin") == nil)
    let preflight = try client.request(
      "OPTIONS", "/x", headers: ["Origin: https://example.org"])
    #expect(preflight.status == 204)
    #expect(preflight.header("Access-Control-Allow-Methods")?.contains("GET") == true)
  }

  @Test func `256 busy connections on one thread do not stand still`() throws {
    var settings = HTTPServerSettings()
    settings.threadCount = 1
    let route = Route("GET", "/x", "Answers.", .immediate { _ in .text("x") })
    let server = try HTTPServer(settings, router: Router([route]), requestIDPrefix: "t-")
    defer { server.stop() }
    let clients = try (0..<256).map { _ in try LoopbackClient(port: server.port) }
    let request = LoopbackClient.bytes(of: "GET", "/x")
    for _ in 0..<20 {
      for client in clients { client.send(request) }
      for client in clients { #expect(try client.response().status == 200) }
    }
  }
}
