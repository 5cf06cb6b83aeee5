/// Why a version cannot leave or enter a registry.
public enum DistributionError: Error, Equatable, CustomStringConvertible {
  /// The archive or the remote folder lacks something, or holds something else than it says.
  case malformedVersion(place: String, reason: String)
  /// An address that names no bucket of an S3-compatible store.
  case malformedLocation(String)
  /// There are no credentials for the remote store.
  case credentialsMissing
  /// The remote store answered with an error; the code is the store's own.
  case remote(operation: String, place: String, status: Int, code: String)
  /// The remote store already has another version of this number.
  case conflict(place: String, present: String, own: String)
  /// The remote store has no such version.
  case notFound(place: String)

  /// What kind of trouble it is; programs turn it into an exit code.
  public enum Kind: Sendable {
    /// The request was wrong.
    case usage
    /// The remote store cannot be reached or refused.
    case unavailable
    /// What was received cannot be trusted, or does not fit what is there.
    case storage
  }

  /// What kind of trouble it is.
  public var kind: Kind {
    switch self {
    case .malformedLocation, .credentialsMissing, .notFound: .usage
    case .remote: .unavailable
    case .malformedVersion, .conflict: .storage
    }
  }

  public var description: String {
    switch self {
    case .malformedVersion(let place, let reason):
      "\(place) holds no version that can be taken: \(reason)"
    case .malformedLocation(let text):
      "\(text.debugDescription) is no remote store; write s3://BUCKET or s3://BUCKET/PREFIX"
    case .credentialsMissing:
      "there are no credentials for the remote store; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    case .remote(let operation, let place, let status, let code):
      "the remote store cannot \(operation) \(place): status \(status)"
        + (code.isEmpty ? "" : " (\(code))")
    case .conflict(let place, let present, let own):
      "\(place) is another version there: its digest is \(present.prefix(12)), here \(own.prefix(12)); "
        + "push to another prefix, or give this model another name"
    case .notFound(let place): "the remote store has no \(place)"
    }
  }
}
