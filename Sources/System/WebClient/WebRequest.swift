/// What is asked of a server over HTTP.
public struct WebRequest: Equatable, Sendable {
  /// `GET`, `POST`, …
  public var method: String
  /// Address with scheme; `http` or `https`.
  public var url: String
  /// Header fields in the order in which they are sent.
  public var headers: [Header]
  /// The body; empty for none.
  public var body: [UInt8]

  /// One header field.
  public struct Header: Equatable, Sendable {
    /// Name, in any case.
    public let name: String
    /// Value, without line breaks.
    public let value: String

    /// Makes a field.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// Describes a request.
  public init(_ method: String, _ url: String, headers: [Header] = [], body: [UInt8] = []) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
  }
}

/// What a server answered.
public struct WebAnswer: Equatable, Sendable {
  /// Status, such as 200.
  public let status: Int
  /// Header fields by lower-case name; of a repeated one the last.
  public let headers: [String: String]
  /// The body.
  public let body: [UInt8]

  /// Whether the status is one of success.
  public var isSuccess: Bool { (200..<300).contains(status) }
}

/// A message to send by SMTP.
public struct Mail: Equatable, Sendable {
  /// Who it comes from, an address without a name.
  public var sender: String
  /// Who gets it, addresses without names.
  public var recipients: [String]
  /// The message with its header lines, in UTF-8; lines end with CR LF.
  public var message: String

  /// Writes a plain-text message.
  ///
  /// Line breaks in the subject become spaces, so that no text can add a header line.
  ///
  /// - Parameters:
  ///   - sender: Address it comes from.
  ///   - recipients: Addresses that get it.
  ///   - subject: Its subject.
  ///   - text: Its text.
  ///   - date: The moment in the form of RFC 5322.
  public init(
    from sender: String, to recipients: [String], subject: String, text: String, date: String
  ) {
    self.sender = sender
    self.recipients = recipients
    let oneLine = String(subject.map { $0.isNewline ? " " : $0 })
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    message =
      ([
        "Date: \(date)", "From: <\(sender)>",
        "To: \(recipients.map { "<\($0)>" }.joined(separator: ", "))", "Subject: \(oneLine)",
        "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit", "Auto-Submitted: auto-generated", "",
      ] + lines.map(String.init)).joined(separator: "\r\n") + "\r\n"
  }
}
