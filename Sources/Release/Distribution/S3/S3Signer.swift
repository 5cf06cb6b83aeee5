internal import Files
internal import Signatures
internal import Transactions

/// Signs requests by AWS Signature Version 4, with the digest of the body among what is signed.
///
/// libcurl has a signer of its own, whose version in Debian 12 signs headers that it does not send and leaves the digest of
/// the body out; so the header fields are computed here and libcurl only carries them.
struct S3Signer {
  let access: S3Access

  /// A request as far as the signature sees it.
  struct Request {
    var method: String
    /// Path with its leading slash, not yet encoded.
    var path: String
    /// Query parameters, not yet encoded.
    var query: [(name: String, value: String)] = []
    /// Header fields that are signed besides those that the signer adds.
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
  }

  /// Path and query as they are sent.
  static func target(of request: Request) -> String {
    let query = canonicalQuery(request.query)
    return URLText.encoded(request.path, keeping: "/") + (query.isEmpty ? "" : "?" + query)
  }

  /// All header fields to send, the signature among them.
  func headers(for request: Request, host: String, at moment: Timestamp) -> [(String, String)] {
    let digest = SHA256.digest(of: request.body).hexadecimal
    let time = Self.basicTime(moment)
    let day = String(time.prefix(8))
    var fields =
      request.headers + [
        ("host", host), ("x-amz-content-sha256", digest), ("x-amz-date", time),
      ]
    if let token = access.sessionToken { fields.append(("x-amz-security-token", token)) }
    let canonical = fields.map { (name: $0.name.lowercased(), value: Self.trimmed($0.value)) }
      .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    let names = canonical.map(\.name).joined(separator: ";")
    let canonicalRequest =
      ([
        request.method, URLText.encoded(request.path, keeping: "/"),
        Self.canonicalQuery(request.query),
      ] + canonical.map { "\($0.name):\($0.value)" } + ["", names, digest]).joined(separator: "\n")
    let scope = "\(day)/\(access.region)/s3/aws4_request"
    let text =
      "AWS4-HMAC-SHA256\n\(time)\n\(scope)\n"
      + SHA256.digest(of: Array(canonicalRequest.utf8)).hexadecimal
    var key = Array("AWS4\(access.secretKey)".utf8)
    for part in [day, access.region, "s3", "aws4_request", text] {
      key = MessageCode.hmacSHA256(of: Array(part.utf8), key: key)
    }
    let authorization =
      "AWS4-HMAC-SHA256 Credential=\(access.accessKey)/\(scope),SignedHeaders=\(names),"
      + "Signature=\(MessageCode.hexadecimal(key))"
    // The host is sent by the library itself.
    return canonical.filter { $0.name != "host" }.map { ($0.name, $0.value) }
      + [("authorization", authorization)]
  }

  /// `20260301T120000Z`.
  private static func basicTime(_ moment: Timestamp) -> String {
    let seconds = moment.microseconds / 1_000_000
    return Timestamp(seconds: seconds).description.filter { $0 != "-" && $0 != ":" }
  }

  private static func canonicalQuery(_ query: [(name: String, value: String)]) -> String {
    query.map { (URLText.encoded($0.name, keeping: ""), URLText.encoded($0.value, keeping: "")) }
      .sorted { $0 < $1 }.map { "\($0)=\($1)" }.joined(separator: "&")
  }

  /// Without spaces around, and with one where there are several.
  private static func trimmed(_ value: String) -> String {
    value.split(separator: " ").joined(separator: " ")
  }
}
