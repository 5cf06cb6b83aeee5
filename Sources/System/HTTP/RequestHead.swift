/// The header of a request as the library delivers it, and the checks of framing that the library leaves out.
///
/// The library accepts what a proxy in front may read differently (request smuggling): two lengths, a length beside
/// chunks, two hosts. RFC 9112 wants such requests refused and their connection closed. Lines that end in a bare line
/// feed, folded lines and what follows a NUL are gone before they reach this place: where clients are not trusted, put a
/// strict proxy in front.
struct RequestHead {
  var headers: [(name: String, value: String)] = []
  var query: [(name: String, value: String)] = []
  /// Set when a name or a value holds NUL, CR or LF.
  var hasControlCharacter = false

  private(set) var announcedByteCount: Int?
  private(set) var isChunked = false

  /// The first violation, or `nil`.
  mutating func violation(version: String) -> HTTPFailure? {
    guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
      return HTTPFailure(
        505, "HTTP_VERSION_NOT_SUPPORTED", "this server speaks HTTP/1.1 and HTTP/1.0")
    }
    if hasControlCharacter { return malformed("a header field holds a control character") }
    var hostCount = 0
    var lengthCount = 0
    var codings: String?
    for (name, value) in headers {
      switch name.utf8.count {
      case 4 where name.equalsIgnoringCase("host"): hostCount += 1
      case 14 where name.equalsIgnoringCase("content-length"):
        lengthCount += 1
        guard let count = RequestHead.byteCount(value) else {
          return malformed("Content-Length is not a number of bytes")
        }
        announcedByteCount = count
      case 17 where name.equalsIgnoringCase("transfer-encoding"):
        guard codings == nil else { return malformed("Transfer-Encoding is repeated") }
        codings = value
      default: break
      }
      guard RequestHead.isToken(name) else {
        return malformed("a header field has a malformed name")
      }
    }
    if hostCount > 1 || (hostCount == 0 && version == "HTTP/1.1") {
      return malformed("a request has exactly one Host")
    }
    if lengthCount > 1 { return malformed("Content-Length is repeated") }
    if let codings {
      if lengthCount > 0 {
        return malformed("Content-Length and Transfer-Encoding exclude each other")
      }
      if version == "HTTP/1.0" { return malformed("HTTP/1.0 has no Transfer-Encoding") }
      guard codings.equalsIgnoringCase("chunked") else {
        return HTTPFailure(501, "TRANSFER_CODING_UNKNOWN", "the only transfer coding is chunked")
      }
      isChunked = true
    }
    return decodeQuery()
  }

  /// Decodes the query, in which the library has already made spaces of plus signs.
  private mutating func decodeQuery() -> HTTPFailure? {
    do throws(HTTPFailure) {
      for index in query.indices {
        let (name, value) = query[index]
        query[index] = (
          try PercentEncoding.decoded(Substring(name).utf8),
          try PercentEncoding.decoded(Substring(value).utf8)
        )
      }
      return nil
    } catch {
      return error
    }
  }

  private func malformed(_ reason: String) -> HTTPFailure {
    HTTPFailure(400, "MALFORMED_REQUEST", reason)
  }

  private static func byteCount(_ text: String) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int(text) ?? Int.max
  }

  /// RFC 9110 5.6.2.
  private static func isToken(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { byte in
        switch byte {
        case 48...57, 65...90, 94...122, 33, 35...39, 42, 43, 45, 46, 124, 126: true
        default: false
        }
      }
  }

  /// The client's identifier of the request when it is fit to be written to a log and a header.
  var requestID: String? {
    for (name, value) in headers
    where name.utf8.count == 12 && name.equalsIgnoringCase("x-request-id") {
      let isPlain = value.utf8.allSatisfy { (33...126).contains($0) && $0 != 34 && $0 != 92 }
      return isPlain && (1...128).contains(value.utf8.count) ? value : nil
    }
    return nil
  }
}
