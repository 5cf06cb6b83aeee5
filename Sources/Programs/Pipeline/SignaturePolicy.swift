internal import Files
public import Signatures

/// Whose signature versions carry, and whether a version without it may become champion.
public struct SignaturePolicy: Equatable, Sendable {
  /// The file of the signer's public key, in PEM form.
  public let publicKeyPath: String
  /// Whether an unsigned version is refused by `promote` and reported by `registry verify`.
  public let isRequired: Bool

  /// Reads the key.
  ///
  /// - Throws: `FileError`, or `SignatureError` when the file is no public key on P-256.
  public func key() throws -> VerificationKey {
    try VerificationKey(pem: FileSystem.read(publicKeyPath))
  }
}
