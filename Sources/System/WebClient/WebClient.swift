internal import CCurl

/// Sends HTTP requests and mail through libcurl; certificates are checked, redirects are not followed.
///
/// Every call uses a connection of its own and blocks until the answer is complete; values may be used from any thread.
public struct WebClient: Sendable {
  /// How long one call may take, connecting included.
  public var secondsAllowed: Double
  /// How long the body of an answer may be.
  public var answerByteLimit: Int

  /// Makes a client.
  public init(secondsAllowed: Double = 30, answerByteLimit: Int = 64 << 20) {
    self.secondsAllowed = secondsAllowed
    self.answerByteLimit = answerByteLimit
  }

  /// Sends `request` and waits for the answer, whatever its status.
  ///
  /// - Throws: `WebClientError`; the message names the host, never path, query or user.
  public func send(_ request: WebRequest) throws(WebClientError) -> WebAnswer {
    let host = try Self.host(of: request.url, schemes: ["http", "https"])
    for text in [request.method, request.url] + request.headers.flatMap({ [$0.name, $0.value] }) {
      guard Self.isOneLine(text) else { throw .invalidText(name: "a part of the request") }
    }
    let transfer = try Transfer(
      url: request.url, secondsAllowed: secondsAllowed, answerByteLimit: answerByteLimit)
    // An empty Expect keeps the library from waiting a second for "100 Continue" before it sends a long body.
    let headers = request.headers.map { "\($0.name): \($0.value)" } + ["Expect:"]
    transfer.set(headers: headers)
    transfer.set(method: request.method, body: request.body)
    try transfer.perform(host: host)
    return transfer.answer
  }

  /// Hands `mail` to the SMTP server at `url`, such as `smtp://localhost:25` or `smtps://mail.example:465`.
  ///
  /// - Parameters:
  ///   - mail: The message.
  ///   - url: Where the server is.
  ///   - user: Name to log in with; `nil` for none.
  ///   - password: Password to log in with; `nil` for none.
  ///   - requiresTLS: Whether a server that offers no encryption is refused.
  /// - Throws: `WebClientError`.
  public func send(
    _ mail: Mail, through url: String, user: String? = nil, password: String? = nil,
    requiresTLS: Bool = true
  ) throws(WebClientError) {
    let host = try Self.host(of: url, schemes: ["smtp", "smtps"])
    for address in [mail.sender] + mail.recipients {
      guard Self.isOneLine(address), !address.contains(where: { "<> ".contains($0) }) else {
        throw .invalidText(name: "a mail address")
      }
    }
    let transfer = try Transfer(
      url: url, secondsAllowed: secondsAllowed, answerByteLimit: answerByteLimit)
    transfer.set(
      sender: mail.sender, recipients: mail.recipients, user: user, password: password,
      requiresTLS: requiresTLS)
    transfer.set(upload: Array(mail.message.utf8))
    try transfer.perform(host: host)
  }

  private static func isOneLine(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 != 10 && $0 != 13 && $0 != 0 }
  }

  /// The host and port of `url`.
  private static func host(
    of url: String, schemes: [String]
  ) throws(WebClientError) -> String {
    guard let colon = url.firstRange(of: "://"),
      schemes.contains(url[..<colon.lowerBound].lowercased())
    else { throw .unsupportedAddress(String(url.prefix { $0 != ":" })) }
    let authority = url[colon.upperBound...].prefix { !"/?#".contains($0) }
    // A user and a password before the host stay out of every message.
    return String(authority.split(separator: "@").last ?? authority)
  }
}
