import Dispatch
import Files
import HTTP
import JSON
import Signatures
import Synchronization
import Testing
import Transactions

@testable import Pipeline

/// What a receiver of webhooks got.
private final class Received: Sendable {
  let requests = Mutex<[(signature: String?, body: [UInt8])]>([])
}

@Suite struct NotifierTests {
  private let folder = "/tmp/anomalyze-notes-\(UInt64.random(in: 0...UInt64.max))"

  private func configuration(
    webhook: NotificationConfiguration.Webhook? = nil, command: [String] = []
  ) -> NotificationConfiguration {
    NotificationConfiguration(
      occasions: [.promoted, .failed], reportsURL: "https://lab.example/", webhook: webhook,
      email: nil, command: command)
  }

  /// A receiver that fails the first `failureCount` requests.
  private func withReceiver(
    failing failureCount: Int, _ body: (String, Received) throws -> Void
  ) throws {
    let received = Received()
    let route = Route(
      "POST", "/hook", "Takes a message.",
      .immediate { request in
        let signature = request.header("X-Anomalyze-Signature")
        let count = received.requests.withLock { requests in
          requests.append((signature, request.body))
          return requests.count
        }
        return HTTPResponse(status: count <= failureCount ? 503 : 204, contentType: nil)
      })
    let server = try HTTPServer(
      HTTPServerSettings(), router: Router([route]), requestIDPrefix: "t-")
    defer { server.stop() }
    try body("http://127.0.0.1:\(server.port)/hook", received)
  }

  @Test func `a webhook gets a signed document, again after a failure`() throws {
    defer { try? FileSystem.removeTree(folder) }
    let record = try RunRecord.finished(.promoted, in: folder)
    try FileSystem.writeAtomically(Array("key of both\n".utf8), to: "\(folder)/secret")
    try withReceiver(failing: 2) { url, received in
      let notifier = Notifier(
        configuration(webhook: .init(url: url, secretFile: "\(folder)/secret")), pauses: [1, 1, 1])
      #expect(notifier.tell(record).isEmpty)
      let requests = received.requests.withLock { $0 }
      #expect(requests.count == 3)
      let last = try #require(requests.last)
      let code = MessageCode.hmacSHA256(of: last.body, key: Array("key of both".utf8))
      #expect(last.signature == "sha256=\(MessageCode.hexadecimal(code))")
      let document = try JSONValue(parsing: last.body)
      #expect(document["subject"]?.stringValue == "anomalyze: fraud: new champion")
      #expect(document["run"]?["status"]?.stringValue == "promoted")
      let text = document["text"]?.stringValue ?? ""
      #expect(text.contains("average_precision: 0.2500 (0.2000 to 0.3000)"))
      #expect(text.contains("https://lab.example/artifacts/models/fraud/2/report.html"))
    }
  }

  @Test func `a receiver that stays away is a failure that is told, not thrown`() throws {
    defer { try? FileSystem.removeTree(folder) }
    let record = try RunRecord.finished(.failed, in: folder)
    let failures = Notifier(
      configuration(webhook: .init(url: "http://127.0.0.1:1/hook", secretFile: nil)), pauses: [1]
    ).tell(record)
    #expect(failures.count == 1)
    #expect(failures.first?.hasPrefix("webhook: no answer from 127.0.0.1:1") == true)
    let missing = Notifier(
      configuration(webhook: .init(url: "http://127.0.0.1:1", secretFile: "\(folder)/none")),
      pauses: [60_000]
    ).tell(record)
    #expect(missing.first?.contains("none") == true)
  }

  @Test func `a command reads the document from its input`() throws {
    defer { try? FileSystem.removeTree(folder) }
    let record = try RunRecord.finished(.promoted, in: folder)
    let command = ["sh", "-c", "cat > '\(folder)/told.json'"]
    #expect(Notifier(configuration(command: command)).tell(record).isEmpty)
    let told = try JSONValue(parsing: FileSystem.read("\(folder)/told.json"))
    #expect(told["run"]?["id"]?.stringValue == record.id)
    let failures = Notifier(configuration(command: ["sh", "-c", "exit 3"])).tell(record)
    #expect(failures == ["command: sh ended with code 3"])
  }

  @Test func `nobody is told of ends that nobody asked for`() throws {
    defer { try? FileSystem.removeTree(folder) }
    let record = try RunRecord.finished(.refused, in: folder)
    let command = ["sh", "-c", "touch '\(folder)/told'"]
    #expect(Notifier(configuration(command: command)).tell(record).isEmpty)
    #expect(!FileSystem.exists("\(folder)/told"))
  }
}
