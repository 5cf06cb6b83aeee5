/// Why an archive cannot be written, or must not be unpacked.
public enum ArchiveError: Error, Equatable, CustomStringConvertible {
  /// The file cannot be read as a tar archive, plain or compressed with zstd.
  case unreadable(path: String, reason: String)
  /// A member is a link, a device or something else that is no plain file.
  case notAFile(path: String, member: String)
  /// The name of a member leads out of the folder it would be unpacked to, or is none.
  case unsafeName(path: String, member: String)
  /// A name appears twice.
  case duplicate(path: String, member: String)
  /// The members are larger than allowed, together or by their declaration.
  case tooLarge(path: String, byteLimit: Int)
  /// There are more members than allowed.
  case tooMany(path: String, memberLimit: Int)
  /// libarchive failed while writing.
  case notWritten(reason: String)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path) is no tar archive that can be read: \(reason)"
    case .notAFile(let path, let member):
      "\(path) is refused: \(member.debugDescription) is a link or a device; only plain files are taken"
    case .unsafeName(let path, let member):
      "\(path) is refused: the name \(member.debugDescription) leads out of the archive"
    case .duplicate(let path, let member):
      "\(path) is refused: it holds \(member.debugDescription) twice"
    case .tooLarge(let path, let byteLimit):
      "\(path) is refused: it unpacks to more than \(byteLimit) bytes"
    case .tooMany(let path, let memberLimit):
      "\(path) is refused: it has more than \(memberLimit) members"
    case .notWritten(let reason): "the archive cannot be written: \(reason)"
    }
  }
}
