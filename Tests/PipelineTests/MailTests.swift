import Dispatch
import Files
import JSON
import Subprocess
import Testing
import Transactions

@testable import Pipeline

/// Mail through a mail server that speaks SMTP to the whole of the protocol that a delivery needs.
@Suite struct MailTests {
  private let folder = "/tmp/anomalyze-mail-\(UInt64.random(in: 0...UInt64.max))"

  private func notifier(
    port: String, user: String? = nil, passwordFile: String? = nil, requiresTLS: Bool = false
  ) -> Notifier {
    let email = NotificationConfiguration.Email(
      server: "smtp://127.0.0.1:\(port)", sender: "lab@example.org",
      recipients: ["risk@example.org", "on-call@example.org"], user: user,
      passwordFile: passwordFile, requiresTLS: requiresTLS)
    return Notifier(
      NotificationConfiguration(
        occasions: [.promoted], reportsURL: nil, webhook: nil, email: email, command: []),
      pauses: [1])
  }

  /// Runs `body` beside a mail server and returns what it received.
  private func mail(
    login: [String] = [], _ body: (_ port: String) throws -> Void
  ) throws -> JSONValue {
    try FileSystem.createDirectory(folder)
    let script = "\(#filePath)".split(separator: "/").dropLast(2).joined(separator: "/")
    let server = Subprocess(
      path: "/usr/bin/python3",
      arguments: ["/\(script)/Fixtures/smtp/receive_mail.py", folder] + login)
    let ended = DispatchGroup()
    DispatchQueue(label: "mail server").async(group: ended) { _ = try? server.run() }
    for _ in 0..<600 where !FileSystem.exists("\(folder)/port") {
      FileSystem.pause(milliseconds: 50)
    }
    try body(FileSystem.readText("\(folder)/port"))
    ended.wait()
    return try JSONValue(parsing: FileSystem.read("\(folder)/mail.json"))
  }

  @Test func `everyone on the list gets the sentence, the figures and the link`() throws {
    defer { try? FileSystem.removeTree(folder) }
    let record = try RunRecord.finished(in: folder)
    let mail = try mail { port in #expect(notifier(port: port).tell(record).isEmpty) }
    #expect(mail["from"]?.stringValue == "lab@example.org")
    #expect(
      mail["to"]?.arrayValue?.compactMap(\.stringValue)
        == ["risk@example.org", "on-call@example.org"])
    let content = try #require(mail["content"]?.stringValue)
    for part in [
      "Subject: ", "To: <risk@example.org>", "version 2 replaces champion 1", "0.25",
      "artifacts/models/fraud/2/report.html",
    ] {
      #expect(content.contains(part), "\(part) in \(content)")
    }
  }

  @Test func `the password is used, and a wrong one is told without showing it`() throws {
    defer { try? FileSystem.removeTree(folder) }
    let record = try RunRecord.finished(in: folder)
    try FileSystem.writeAtomically(Array("open sesame\n".utf8), to: "\(folder)/right")
    try FileSystem.writeAtomically(Array("knock knock\n".utf8), to: "\(folder)/wrong")
    let mail = try mail(login: ["lab", "open sesame"]) { port in
      let failures = notifier(port: port, user: "lab", passwordFile: "\(folder)/wrong").tell(record)
      #expect(failures.count == 1)
      #expect(failures.first?.contains("knock") == false)
      #expect(
        notifier(port: port, user: "lab", passwordFile: "\(folder)/right").tell(record).isEmpty)
    }
    #expect(mail["content"]?.stringValue?.contains("version 2") == true)
  }

  @Test func `a server without encryption gets nothing unless that is allowed`() throws {
    defer { try? FileSystem.removeTree(folder) }
    let record = try RunRecord.finished(in: folder)
    let mail = try mail { port in
      #expect(notifier(port: port, requiresTLS: true).tell(record).count == 1)
      #expect(!FileSystem.exists("\(folder)/mail.json"))
      #expect(notifier(port: port).tell(record).isEmpty)
    }
    #expect(mail["from"] != nil)
  }
}
