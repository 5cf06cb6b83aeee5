import HTTP
import Testing
import WebClient

@Suite struct WebClientTests {
  private func withServer(_ body: (String) throws -> Void) throws {
    let routes = [
      Route(
        "POST", "/echo", "Answers what it got.",
        .immediate { request in
          HTTPResponse(
            status: 201, contentType: "application/octet-stream",
            headers: [("X-Seen", request.header("X-Given") ?? "-")], body: request.body)
        }),
      Route(
        "PUT", "/echo", "Answers what it got.",
        .immediate { HTTPResponse(contentType: "text/plain", body: $0.body) }),
      Route("GET", "/text", "Greets.", .immediate { _ in .text("hello") }),
    ]
    let server = try HTTPServer(
      HTTPServerSettings(), router: Router(routes), requestIDPrefix: "test-")
    defer { server.stop() }
    try body("http://127.0.0.1:\(server.port)")
  }

  @Test(arguments: [0, 1, 70_000, 900_000])
  func `sends a body and headers and receives both`(byteCount: Int) throws {
    try withServer { address in
      let body = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let answer = try WebClient().send(
        WebRequest(
          "POST", "\(address)/echo",
          headers: [.init("X-Given", "a b"), .init("Content-Type", "application/octet-stream")],
          body: body))
      #expect(answer.status == 201)
      #expect(answer.isSuccess)
      #expect(answer.headers["x-seen"] == "a b")
      #expect(answer.body == body)
      let again = try WebClient().send(WebRequest("PUT", "\(address)/echo", body: body))
      #expect(again.body == body)
    }
  }

  @Test func `an answer that is no success is an answer, not an error`() throws {
    try withServer { address in
      let answer = try WebClient().send(WebRequest("GET", "\(address)/nothing-here"))
      #expect(answer.status == 404)
      #expect(!answer.isSuccess)
      #expect(try WebClient().send(WebRequest("HEAD", "\(address)/text")).body.isEmpty)
    }
  }

  @Test func `refuses an answer that is longer than allowed`() throws {
    try withServer { address in
      let error = #expect(throws: WebClientError.self) {
        try WebClient(answerByteLimit: 4).send(WebRequest("GET", "\(address)/text"))
      }
      #expect(
        error
          == .answerTooLarge(host: String(address.dropFirst("http://".count)), byteLimit: 4))
    }
  }

  @Test func `names the host that does not answer, and neither its path nor a password`() {
    let error = #expect(throws: WebClientError.self) {
      try WebClient(secondsAllowed: 5).send(
        WebRequest("GET", "http://someone:secret@127.0.0.1:1/token/abc?key=xyz"))
    }
    let text = error?.description ?? ""
    #expect(text.contains("127.0.0.1:1"))
    for hidden in ["secret", "abc", "xyz", "someone"] { #expect(!text.contains(hidden)) }
  }

  @Test(arguments: ["file:///etc/passwd", "ftp://host/x", "localhost/x", "gopher://host"])
  func `reaches nothing but http`(url: String) {
    #expect(throws: WebClientError.self) { try WebClient().send(WebRequest("GET", url)) }
  }

  @Test func `no text adds a header line`() throws {
    #expect(throws: WebClientError.invalidText(name: "a part of the request")) {
      try WebClient().send(
        WebRequest("GET", "http://127.0.0.1:1/", headers: [.init("X", "a\r\nEvil: yes")]))
    }
    let mail = Mail(
      from: "lab@example.org", to: ["a@example.org"], subject: "one\r\nBcc: evil@example.org",
      text: "hello\n.\nend", date: "Sat, 21 Nov 2026 06:00:00 +0000")
    #expect(!mail.message.contains("\nBcc:"))
    #expect(throws: WebClientError.invalidText(name: "a mail address")) {
      try WebClient().send(
        Mail(
          from: "lab@example.org", to: ["a@example.org>\r\nDATA"], subject: "", text: "",
          date: ""), through: "smtp://127.0.0.1:1")
    }
  }
}
