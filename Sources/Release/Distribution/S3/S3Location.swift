/// Where versions lie in an S3-compatible store: a bucket and a prefix of keys, `s3://bucket/team/registry`.
public struct S3Location: Equatable, Sendable, CustomStringConvertible {
  /// The bucket.
  public let bucket: String
  /// What every key starts with; empty or ending with a slash.
  public let prefix: String

  /// Reads `s3://BUCKET` or `s3://BUCKET/PREFIX`.
  ///
  /// - Throws: `DistributionError.malformedLocation`.
  public init(parsing text: String) throws(DistributionError) {
    let scheme = "s3://"
    guard text.hasPrefix(scheme) else { throw .malformedLocation(text) }
    let rest = text.dropFirst(scheme.count)
    let bucket = rest.prefix { $0 != "/" }
    // The rules of bucket names; a name with other characters would end up in a host or a path as something else.
    guard (3...63).contains(bucket.utf8.count),
      bucket.utf8.allSatisfy({
        (97...122).contains($0) || (48...57).contains($0) || ".-".utf8.contains($0)
      })
    else { throw .malformedLocation(text) }
    let parts = rest.dropFirst(bucket.count).split(separator: "/")
    guard parts.allSatisfy({ $0 != "." && $0 != ".." }) else { throw .malformedLocation(text) }
    self.bucket = String(bucket)
    prefix = parts.map { $0 + "/" }.joined()
  }

  /// The location as it is written.
  public var description: String { "s3://\(bucket)/\(prefix)" }

  /// Prefix of the keys of a model.
  func modelPrefix(_ name: String) -> String { "\(prefix)models/\(name)/" }
  /// Key of a file of a version.
  func file(_ name: String, _ version: Int, _ path: String) -> String {
    "\(modelPrefix(name))\(version)/\(path)"
  }
  /// Key of the record of a version.
  func record(_ name: String, _ version: Int) -> String { "\(modelPrefix(name))\(version).json" }
  /// Key of the signature of a version.
  func signature(_ name: String, _ version: Int) -> String { "\(modelPrefix(name))\(version).sig" }
}

/// How an S3-compatible store is reached.
public struct S3Access: Equatable, Sendable {
  /// Address of the service, such as `http://127.0.0.1:9000`; keys follow bucket in the path.
  public let endpoint: String
  /// The region that signatures name.
  public let region: String
  let accessKey: String
  let secretKey: String
  let sessionToken: String?

  /// Describes access by a key pair.
  public init(
    endpoint: String? = nil, region: String = "us-east-1", accessKey: String, secretKey: String,
    sessionToken: String? = nil
  ) {
    var endpoint = endpoint ?? "https://s3.\(region).amazonaws.com"
    while endpoint.hasSuffix("/") { endpoint.removeLast() }
    self.endpoint = endpoint
    self.region = region
    self.accessKey = accessKey
    self.secretKey = secretKey
    self.sessionToken = sessionToken
  }

  /// Reads the variables that the tools of S3 read: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`
  /// or `AWS_DEFAULT_REGION`, and `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`.
  ///
  /// - Throws: `DistributionError.credentialsMissing`.
  public init(environment: (String) -> String?) throws(DistributionError) {
    func variable(_ names: String...) -> String? {
      names.lazy.compactMap(environment).first { !$0.isEmpty }
    }
    guard let accessKey = variable("AWS_ACCESS_KEY_ID"),
      let secretKey = variable("AWS_SECRET_ACCESS_KEY")
    else { throw .credentialsMissing }
    self.init(
      endpoint: variable("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
      region: variable("AWS_REGION", "AWS_DEFAULT_REGION") ?? "us-east-1", accessKey: accessKey,
      secretKey: secretKey, sessionToken: variable("AWS_SESSION_TOKEN"))
  }
}
