internal import Files
internal import Signatures
internal import Transactions
internal import WebClient

/// The calls of an S3-compatible store that versions need, on one bucket.
///
/// A call that finds the store overloaded or the network gone is repeated twice.
struct S3Client {
  let access: S3Access
  let bucket: String
  let now: @Sendable () -> Timestamp
  var client = WebClient(secondsAllowed: 300, answerByteLimit: 64 << 20)

  /// What is known of an object without its content.
  struct ObjectHead: Equatable {
    let byteCount: Int
    /// The SHA-256 that the pusher noted; `nil` when somebody else put the object there.
    let digest: String?
  }

  static let digestField = "x-amz-meta-sha256"

  /// What is known of an object; `nil` when there is none.
  func head(_ key: String) throws -> ObjectHead? {
    let answer = try send(.init(method: "HEAD", path: path(key)))
    if answer.status == 404 { return nil }
    try check(answer, "look at", key)
    return ObjectHead(
      byteCount: answer.headers["content-length"].flatMap { Int($0) } ?? 0,
      digest: answer.headers[Self.digestField])
  }

  /// The content of an object, or of a range of it; `nil` when there is none.
  func get(_ key: String, range: Range<Int>? = nil) throws -> [UInt8]? {
    var request = S3Signer.Request(method: "GET", path: path(key))
    if let range {
      request.headers.append(("range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)"))
    }
    let answer = try send(request)
    if answer.status == 404 { return nil }
    try check(answer, "read", key)
    // A store that ignores the range sends everything from the start.
    if let range, answer.status == 200 {
      return Array(answer.body.dropFirst(range.lowerBound).prefix(range.count))
    }
    return answer.body
  }

  /// Puts an object, noting the SHA-256 of its content.
  ///
  /// - Parameter isNew: whether an object that is there already stays as it is.
  /// - Returns: whether the object was put; false when one was there and `isNew` is set.
  func put(_ key: String, _ bytes: [UInt8], isNew: Bool) throws -> Bool {
    var request = S3Signer.Request(method: "PUT", path: path(key), body: bytes)
    request.headers.append((Self.digestField, SHA256.digest(of: bytes).hexadecimal))
    if isNew { request.headers.append(("if-none-match", "*")) }
    let answer = try send(request)
    // 409: another writer of the same key is at work.
    if isNew, [409, 412].contains(answer.status) { return false }
    try check(answer, "write", key)
    return true
  }

  /// The keys that start with `prefix`; with a delimiter only the next level, folders ending with it.
  func keys(prefix: String, delimiter: String? = nil) throws -> [String] {
    var keys: [String] = []
    var token: String?
    repeat {
      var request = S3Signer.Request(method: "GET", path: "/\(bucket)")
      request.query = [("list-type", "2"), ("prefix", prefix)]
      if let delimiter { request.query.append(("delimiter", delimiter)) }
      if let token { request.query.append(("continuation-token", token)) }
      let answer = try send(request)
      try check(answer, "list", prefix)
      let document = S3Document(answer.body)
      keys += document.elements("Contents").compactMap { $0.text("Key") }
      keys += document.elements("CommonPrefixes").compactMap { $0.text("Prefix") }
      token = document.text("NextContinuationToken")
    } while token != nil
    return keys
  }

  func path(_ key: String) -> String { "/\(bucket)/\(key)" }

  /// Sends a signed request; each attempt is signed anew, because a signature ages.
  func send(_ request: S3Signer.Request) throws -> WebAnswer {
    let host = access.endpoint.split(separator: "/").last.map(String.init) ?? access.endpoint
    var attempt = 0
    while true {
      attempt += 1
      let headers = S3Signer(access: access).headers(for: request, host: host, at: now())
      do {
        let answer = try client.send(
          WebRequest(
            request.method, access.endpoint + S3Signer.target(of: request),
            headers: headers.map { WebRequest.Header($0.0, $0.1) }, body: request.body))
        let isOverloaded = answer.status >= 500 || answer.status == 429
        if attempt == 3 || !isOverloaded { return answer }
      } catch {
        guard attempt < 3, case .failed = error else { throw error }
      }
      FileSystem.pause(milliseconds: UInt32(200 * attempt))
    }
  }

  func check(_ answer: WebAnswer, _ operation: String, _ key: String) throws(DistributionError) {
    guard answer.isSuccess else {
      throw .remote(
        operation: operation, place: "s3://\(bucket)/\(key)", status: answer.status,
        code: S3Document(answer.body).text("Code") ?? "")
    }
  }
}
