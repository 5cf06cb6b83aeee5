internal import CPostgreSQL

/// A connection string that libpq can read, with what may be said about it.
struct ConnectionTarget {
  let text: String
  /// The target as a URL without password.
  let description: String
  /// Passwords in the string, to be cut out of messages.
  let secrets: [String]
  /// Seconds to wait for the server.
  let timeoutSeconds: Int

  /// Seconds to wait for a server when nobody says otherwise; libpq itself would wait for minutes.
  static let defaultTimeoutSeconds = 10

  init(parsing text: String) throws(PostgreSQLError) {
    func refusal(_ message: String) -> PostgreSQLError {
      PostgreSQLError(.malformedURL, message: message, server: "URL")
    }
    guard unsafe anomalyze_postgresql_library() != nil else {
      throw PostgreSQLError(
        .missingLibrary, message: "libpq.so.5 is not installed", server: "client")
    }
    // libpq would take the rest of an unencoded password for the host or port, and print it.
    if let start = text.firstRange(of: "://")?.upperBound {
      let beforeQuery = text[start...].prefix { $0 != "?" && $0 != "#" }
      let authority = beforeQuery.prefix { $0 != "/" }
      guard beforeQuery.count(where: { $0 == "@" }) == authority.count(where: { $0 == "@" }),
        authority.count(where: { $0 == "@" }) <= 1
      else { throw refusal("the URL has an @ too many, or a / before the @") }
    }
    var message: UnsafeMutablePointer<CChar>?
    guard let options = unsafe PQconninfoParse(text, &message) else {
      let reason = unsafe message.map { unsafe String(cString: $0) } ?? "the URL cannot be read"
      unsafe PQfreemem(message)
      throw refusal(reason.withoutQuotedParts.trimmed)
    }
    defer { unsafe PQconninfoFree(options) }
    var values: [String: String] = [:]
    var option = unsafe options
    while let keyword = unsafe option.pointee.keyword {
      if let value = unsafe option.pointee.val {
        unsafe values[String(cString: keyword)] = unsafe String(cString: value)
      }
      unsafe option += 1
    }
    for port in values["port"]?.split(separator: ",") ?? [] where UInt16(port) == nil {
      throw refusal("the port is no number from 1 to 65535")
    }
    self.text = text
    secrets = ["password", "sslpassword"].compactMap { values[$0] }.filter { !$0.isEmpty }
    let user = values["user"].map { "\($0)@" } ?? ""
    let port = values["port"].map { ":\($0)" } ?? ""
    let host = values["host"] ?? values["hostaddr"] ?? ""
    description = "postgresql://\(user)\(host)\(port)/\(values["dbname"] ?? "")"
    timeoutSeconds =
      values["connect_timeout"].flatMap { Int($0) } ?? ConnectionTarget.defaultTimeoutSeconds
  }

  /// `message` without the passwords.
  func redacted(_ message: String) -> String {
    secrets.reduce(message) { $0.replacing($1, with: "…") }
  }
}

extension String {
  /// The text on one line without blanks at its ends.
  var trimmed: String {
    split(whereSeparator: \.isNewline).joined(separator: " ").split(separator: " ").joined(
      separator: " ")
  }
}
