internal import Files
internal import JSON
internal import Signatures
internal import Subprocess
internal import Terminal
internal import Transactions
internal import WebClient

/// Tells people how a run ended, by every way that the configuration names.
struct Notifier {
  private let configuration: NotificationConfiguration
  /// How long to wait before each further attempt, in milliseconds.
  private let pauses: [UInt32]

  init(_ configuration: NotificationConfiguration, pauses: [UInt32] = [500, 2_000, 8_000]) {
    self.configuration = configuration
    self.pauses = pauses
  }

  /// Tells about `record` if its end is one that people want to hear of.
  ///
  /// - Returns: what went wrong, a line for each way that failed; production does not depend on it.
  func tell(_ record: RunRecord) -> [String] {
    guard configuration.occasions.contains(record.status) else { return [] }
    let message = RunMessage(record, reportsURL: configuration.reportsURL)
    var failures: [String] = []
    func attempt(_ way: String, _ body: () throws(NotificationFailure) -> Void) {
      do throws(NotificationFailure) { try body() } catch {
        failures.append("\(way): \(error.reason)")
      }
    }
    if let webhook = configuration.webhook {
      attempt("webhook") { () throws(NotificationFailure) in
        try patiently { () throws(NotificationFailure) in try post(message, to: webhook) }
      }
    }
    if let email = configuration.email {
      attempt("e-mail") { () throws(NotificationFailure) in
        try patiently { () throws(NotificationFailure) in try send(message, record, by: email) }
      }
    }
    if !configuration.command.isEmpty {
      attempt("command") { () throws(NotificationFailure) in try run(message) }
    }
    return failures
  }

  /// Why a message did not arrive.
  private struct NotificationFailure: Error {
    let reason: String
    /// Whether another attempt may help.
    var isPassing = true
  }

  private func patiently(
    _ body: () throws(NotificationFailure) -> Void
  ) throws(NotificationFailure) {
    for pause in pauses {
      do throws(NotificationFailure) {
        return try body()
      } catch {
        guard error.isPassing else { throw error }
        FileSystem.pause(milliseconds: pause)
      }
    }
    try body()
  }

  private func secret(in file: String) throws(NotificationFailure) -> [UInt8] {
    do {
      return Array(try FileSystem.readText(file).utf8.filter { $0 != 10 && $0 != 13 })
    } catch {
      throw NotificationFailure(reason: "\(error)", isPassing: false)
    }
  }

  /// The body is signed as `X-Anomalyze-Signature: sha256=HEX`, the HMAC of its bytes with the shared key.
  private func post(
    _ message: RunMessage, to webhook: NotificationConfiguration.Webhook
  ) throws(NotificationFailure) {
    let body = message.document.bytes()
    var headers = [WebRequest.Header("Content-Type", "application/json")]
    if let file = webhook.secretFile {
      let code = MessageCode.hmacSHA256(of: body, key: try secret(in: file))
      headers.append(
        .init("X-Anomalyze-Signature", "sha256=\(MessageCode.hexadecimal(code))"))
    }
    do throws(WebClientError) {
      let answer = try WebClient(secondsAllowed: 10, answerByteLimit: 1 << 20).send(
        WebRequest("POST", webhook.url, headers: headers, body: body))
      guard answer.isSuccess else {
        // What the receiver calls the sender's fault stays so; what it calls its own may pass.
        throw WebClientError.failed(
          host: "the receiver", reason: "it answered with status \(answer.status)")
      }
    } catch {
      throw NotificationFailure(reason: "\(error)")
    }
  }

  private func send(
    _ message: RunMessage, _ record: RunRecord, by email: NotificationConfiguration.Email
  ) throws(NotificationFailure) {
    let password = try email.passwordFile.map { file throws(NotificationFailure) in
      String(decoding: try secret(in: file), as: UTF8.self)
    }
    let mail = Mail(
      from: email.sender, to: email.recipients, subject: message.subject, text: message.text,
      date: (record.endedAt ?? record.startedAt).mailDate)
    do throws(WebClientError) {
      try WebClient(secondsAllowed: 20).send(
        mail, through: email.server, user: email.user, password: password,
        requiresTLS: email.requiresTLS)
    } catch {
      throw NotificationFailure(reason: "\(error)")
    }
  }

  private func run(_ message: RunMessage) throws(NotificationFailure) {
    do {
      let program = configuration.command[0]
      let outcome = try Subprocess(
        path: program.hasPrefix("/") ? program : Subprocess.locate(program),
        arguments: Array(configuration.command.dropFirst()),
        environment: ["PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8"]
      ).run(input: message.document.bytes())
      guard outcome.exitCode == 0 else {
        throw NotificationFailure(
          reason: "\(program) ended with code \(outcome.exitCode)", isPassing: false)
      }
    } catch let failure as NotificationFailure {
      throw failure
    } catch {
      throw NotificationFailure(reason: "\(error)", isPassing: false)
    }
  }
}

extension Timestamp {
  /// The moment in the form of RFC 5322, such as `Sun, 15 Feb 2026 03:30:00 +0000`.
  var mailDate: String {
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let day = startOfDay.microseconds / 86_400_000_000
    let date = dateText.split(separator: "-")
    let time = description.drop { $0 != "T" }.dropFirst().prefix(8)
    let month = months[(Int(date[1]) ?? 1) - 1]
    return "\(weekdays[Int(((day % 7) + 7) % 7)]), \(date[2]) \(month) \(date[0]) \(time) +0000"
  }
}
