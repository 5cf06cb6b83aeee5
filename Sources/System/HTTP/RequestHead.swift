/// The header of a request as the library delivers it, and the checks of framing that the library leaves out.
///
/// The library accepts what a proxy in front may read differently (request smuggling): two lengths, a length beside
/// chunks, two hosts. RFC 9112 wants such requests refused and their connection closed. Lines that end in a bare line
/// feed, folded lines and what follows a NUL are gone before they reach this place: where clients are not trusted, put a
/// strict proxy in front.
struct RequestHead {
  var headers = HTTPFields()
  var query: [(name: String, value: String)] = []
  /// Set when a value holds NUL, CR or LF.
  var hasControlCharacter = false

  private(set) var announcedByteCount: Int?
  private(set) var isChunked = false
  /// The client's identifier of the request when it is fit to be written to a log and a header.
  private(set) var requestID: String?

  /// Makes it ready for the next request, without giving the memory back.
  mutating func reset() {
    headers.removeAll()
    if !query.isEmpty { query = [] }
    hasControlCharacter = false
    announcedByteCount = nil
    isChunked = false
    requestID = nil
  }

  /// The first violation, or `nil`.
  mutating func violation(version: HTTPVersion) -> HTTPFailure? {
    guard version != .other else {
      return HTTPFailure(
        505, "HTTP_VERSION_NOT_SUPPORTED", "this server speaks HTTP/1.1 and HTTP/1.0")
    }
    if hasControlCharacter { return malformed("a header field holds a control character") }
    var hostCount = 0
    var lengthCount = 0
    var codingIndex: Int?
    for index in 0..<headers.count {
      switch headers.nameByteCount(of: index) {
      case 4 where headers.isNamed("host", index): hostCount += 1
      case 14 where headers.isNamed("content-length", index):
        lengthCount += 1
        guard let count = byteCount(headers.valueBytes(index)) else {
          return malformed("Content-Length is not a number of bytes")
        }
        announcedByteCount = count
      case 17 where headers.isNamed("transfer-encoding", index):
        guard codingIndex == nil else { return malformed("Transfer-Encoding is repeated") }
        codingIndex = index
      case 12 where requestID == nil && headers.isNamed("x-request-id", index):
        requestID = plainIdentifier(headers.valueBytes(index))
      default: break
      }
      guard headers.hasTokenName(index) else {
        return malformed("a header field has a malformed name")
      }
    }
    if hostCount > 1 || (hostCount == 0 && version == .http11) {
      return malformed("a request has exactly one Host")
    }
    if lengthCount > 1 { return malformed("Content-Length is repeated") }
    if let codingIndex {
      if lengthCount > 0 {
        return malformed("Content-Length and Transfer-Encoding exclude each other")
      }
      if version == .http10 { return malformed("HTTP/1.0 has no Transfer-Encoding") }
      guard headers.isValue("chunked", codingIndex) else {
        return HTTPFailure(501, "TRANSFER_CODING_UNKNOWN", "the only transfer coding is chunked")
      }
      isChunked = true
    }
    return query.isEmpty ? nil : decodeQuery()
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

  private func byteCount(_ digits: ArraySlice<UInt8>) -> Int? {
    guard !digits.isEmpty, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
    guard digits.count <= 18 else { return Int.max }
    return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
  }

  private func plainIdentifier(_ value: ArraySlice<UInt8>) -> String? {
    let isPlain = value.allSatisfy { (33...126).contains($0) && $0 != 34 && $0 != 92 }
    return isPlain && (1...128).contains(value.count)
      ? String(decoding: value, as: UTF8.self) : nil
  }
}

/// The version in a request line.
enum HTTPVersion {
  case http11, http10, other
}
