/// The header of a request as the library delivers it, and the checks of framing that the library leaves out.
///
/// The library accepts what a proxy in front may read differently (request smuggling): two lengths, a length beside
/// chunks, two hosts. RFC 9112 wants such requests refused and their connection closed. Lines that end in a bare line
/// feed, folded lines and what follows a NUL are gone before they reach this place: where clients are not trusted, put a
/// strict proxy in front.
///
/// A connection's requests mostly have the same header, so that of the last one is kept and compared: what was found out
/// about it holds for the next one as long as every field is the same.
struct RequestHead {
  private(set) var headers = HTTPFields()
  var query: [(name: String, value: String)] = []
  /// Set when a value holds NUL, CR or LF.
  private var hasControlCharacter = false
  /// How many fields of the header before this one has repeated so far; `nil` from the first that differs.
  private var repeatedCount: Int?
  /// The version of the header that is kept, if nothing is wrong with that.
  private var soundVersion: HTTPVersion?

  private(set) var announcedByteCount: Int?
  private(set) var isChunked = false
  /// The client's identifier of the request when it is fit to be written to a log and a header.
  private(set) var requestID: String?

  /// Whether the content is said to be `application/json`, in these words.
  private(set) var isJSON = false

  /// Makes it ready for the next header, without giving the memory back.
  mutating func begin() {
    if !query.isEmpty { query = [] }
    if soundVersion == nil { headers.keepFirst(0) }
    repeatedCount = soundVersion == nil ? nil : 0
  }

  /// Takes the next field of the header.
  mutating func add(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    if let count = repeatedCount {
      if count < headers.count, unsafe headers.isField(count, name: name, value: value) {
        repeatedCount = count + 1
        return
      }
      headers.keepFirst(count)
      repeatedCount = nil
    }
    if unsafe value.contains(where: { $0 == 0 || $0 == 10 || $0 == 13 }) {
      hasControlCharacter = true
    }
    unsafe headers.append(name: name, value: value)
  }

  /// The first violation, or `nil`.
  mutating func violation(version: HTTPVersion) -> HTTPFailure? {
    if let count = repeatedCount, count == headers.count, version == soundVersion {
      return query.isEmpty ? nil : decodeQuery()
    }
    if let count = repeatedCount { headers.keepFirst(count) }
    soundVersion = nil
    announcedByteCount = nil
    isChunked = false
    isJSON = false
    requestID = nil
    if let failure = firstViolation(version: version) {
      hasControlCharacter = false
      return failure
    }
    soundVersion = version
    return query.isEmpty ? nil : decodeQuery()
  }

  private mutating func firstViolation(version: HTTPVersion) -> HTTPFailure? {
    guard version != .other else {
      return HTTPFailure(
        505, "HTTP_VERSION_NOT_SUPPORTED", "this server speaks HTTP/1.1 and HTTP/1.0")
    }
    if hasControlCharacter { return malformed("a header field holds a control character") }
    var hasContentType = false
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
      case 12 where !hasContentType && headers.isNamed("content-type", index):
        hasContentType = true
        isJSON = headers.isValue("application/json", index)
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
    return nil
  }

  /// Moves the fields and the query into a request, or back from there.
  mutating func exchangeFields(_ request: inout HTTPRequest) {
    swap(&headers, &request.headers)
    swap(&query, &request.query)
    request.isJSON = isJSON
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
