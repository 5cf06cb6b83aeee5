internal import Files
internal import JSON
internal import Terminal
internal import Transactions
internal import WebClient

/// Asks a running server whether it serves a new champion, and serves it right.
struct ServerCheck {
  private let server: JobConfiguration.Server
  private let client = WebClient(secondsAllowed: 5, answerByteLimit: 16 << 20)

  init(_ server: JobConfiguration.Server) { self.server = server }

  /// Waits until the server is ready and answers with `version`, then compares the golden scores.
  ///
  /// - Parameter folder: The version's folder, which holds the golden rows.
  /// - Returns: how long it took, in seconds.
  /// - Throws: `PipelineError.serverBehind`.
  func waitForChampion(
    _ version: Int, of name: String, folder: String
  ) throws(PipelineError) -> Double {
    let started = Terminal.monotonicSeconds
    var reason = ""
    repeat {
      do throws(Complaint) {
        try checkServed(version, of: name)
        try checkGoldenScores(of: name, version, folder: folder)
        return ((Terminal.monotonicSeconds - started) * 1000).rounded() / 1000
      } catch {
        reason = error.reason
      }
      FileSystem.pause(milliseconds: 50)
    } while Terminal.monotonicSeconds - started < server.wait.seconds
    throw .serverBehind(
      "the server does not serve \(name)/\(version) after \(server.wait): \(reason)")
  }

  private struct Complaint: Error {
    let reason: String
  }

  private func checkServed(_ version: Int, of name: String) throws(Complaint) {
    let ready = try ask("GET", "/health/ready")
    guard ready.isSuccess else { throw Complaint(reason: "it is not ready (\(ready.status))") }
    let document = try json(ask("GET", "/v1/models/\(name)"))
    let served = document["version"]?.stringValue
    guard served == String(version) else {
      throw Complaint(
        reason: "it serves \(served.map { "version \($0)" } ?? "no version") of \(name)")
    }
  }

  /// Sends the golden rows through the open inference protocol and compares with the recorded scores.
  private func checkGoldenScores(
    of name: String, _ version: Int, folder: String
  ) throws(Complaint) {
    guard
      let golden = try? JSONValue(parsing: FileSystem.read(folder + "/golden.json")),
      let rows = golden["features"]?.arrayValue?.compactMap(\.arrayValue),
      let expected = golden["scores"]?.arrayValue?.compactMap(\.doubleValue),
      let columnCount = rows.first?.count, rows.count == expected.count
    else { throw Complaint(reason: "golden.json is not readable") }
    let request: JSONValue = [
      "inputs": [
        [
          "name": "features", "datatype": "FP64",
          "shape": [.integer(Int64(rows.count)), .integer(Int64(columnCount))],
          "data": .array(rows.flatMap { $0 }),
        ]
      ]
    ]
    let answer = try json(
      ask("POST", "/v2/models/\(name)/versions/\(version)/infer", body: request.bytes()))
    let outputs = answer["outputs"]?.arrayValue ?? []
    let scores = outputs.first { $0["name"]?.stringValue == "anomaly_score" }?["data"]?.arrayValue?
      .compactMap(\.doubleValue)
    guard scores == expected else {
      throw Complaint(reason: "its scores of the golden rows are not those of the version")
    }
  }

  private func ask(
    _ method: String, _ path: String, body: [UInt8] = []
  ) throws(Complaint) -> WebAnswer {
    var headers = [WebRequest.Header("Content-Type", "application/json")]
    if let file = server.tokenFile {
      guard let token = try? FileSystem.readText(file) else {
        throw Complaint(reason: "the token file \(file) is not readable")
      }
      headers.append(.init("Authorization", "Bearer \(token.filter { !$0.isWhitespace })"))
    }
    do {
      return try client.send(
        WebRequest(method, server.url + path, headers: headers, body: body))
    } catch {
      throw Complaint(reason: "\(error)")
    }
  }

  private func json(_ answer: WebAnswer) throws(Complaint) -> JSONValue {
    guard answer.isSuccess, let document = try? JSONValue(parsing: answer.body) else {
      throw Complaint(reason: "it answers with status \(answer.status)")
    }
    return document
  }
}
