internal import CArchive

/// Reads a tar archive, plain or compressed with zstd, that may have been made by an enemy.
///
/// Only plain files with relative names inside the archive come out, each name once, and never more bytes than allowed,
/// whatever the archive declares; nothing is written to disk. Folders are passed over.
@safe public struct TarReader: ~Copyable {
  /// Longest name in bytes.
  public static let nameByteLimit = 1_024

  private let archive: OpaquePointer
  private let path: String
  private let memberLimit: Int
  private var remainingByteCount: Int
  private let byteLimit: Int
  private var names: Set<String>

  /// One file.
  public struct Member: Equatable, Sendable {
    /// Relative name.
    public let name: String
    /// Content.
    public let bytes: [UInt8]
  }

  /// Opens the archive at `path`.
  ///
  /// - Parameters:
  ///   - path: where the file is.
  ///   - byteLimit: how many bytes all members may have together.
  ///   - memberLimit: how many members there may be, folders included.
  public init(_ path: String, byteLimit: Int, memberLimit: Int = 10_000) throws(ArchiveError) {
    self = try TarReader.opened(path, byteLimit, memberLimit)
  }

  /// A value with a deinit cannot throw half-way through its own initialiser; a local one can.
  private static func opened(
    _ path: String, _ byteLimit: Int, _ memberLimit: Int
  ) throws(ArchiveError) -> TarReader {
    guard let archive = unsafe archive_read_new() else {
      throw .unreadable(path: path, reason: "there is no memory")
    }
    let reader = unsafe TarReader(owning: archive, path, byteLimit, memberLimit)
    try reader.open()
    return reader
  }

  private init(owning archive: OpaquePointer, _ path: String, _ byteLimit: Int, _ memberLimit: Int)
  {
    unsafe self.archive = unsafe archive
    self.path = path
    self.byteLimit = byteLimit
    self.memberLimit = memberLimit
    remainingByteCount = byteLimit
    names = []
  }

  private func open() throws(ArchiveError) {
    unsafe archive_read_support_filter_zstd(archive)
    unsafe archive_read_support_format_tar(archive)
    guard unsafe archive_read_open_filename(archive, path, 1 << 16) == ARCHIVE_OK else {
      throw failure
    }
  }

  deinit { unsafe archive_read_free(archive) }

  /// Lowers how many bytes the rest may have, once the archive has declared it.
  public mutating func limitRest(toByteCount count: Int) {
    remainingByteCount = min(remainingByteCount, max(0, count))
  }

  /// The next file; `nil` after the last.
  ///
  /// - Throws: `ArchiveError`; nothing after the offending member is read.
  public mutating func next() throws(ArchiveError) -> Member? {
    while true {
      var header: OpaquePointer?
      let code = unsafe archive_read_next_header(archive, &header)
      if code == ARCHIVE_EOF { return nil }
      guard code == ARCHIVE_OK, let entry = unsafe header else { throw failure }
      guard names.count < memberLimit else { throw .tooMany(path: path, memberLimit: memberLimit) }
      let name = unsafe archive_entry_pathname_utf8(entry).map { unsafe String(cString: $0) } ?? ""
      let type = unsafe UInt32(archive_entry_filetype(entry))
      let isFolder = type == anomalyze_archive_folder()
      let plainName = isFolder && name.hasSuffix("/") ? String(name.dropLast()) : name
      guard Self.isSafe(plainName) else {
        throw .unsafeName(path: path, member: String(name.prefix(200)))
      }
      guard names.insert(plainName).inserted else { throw .duplicate(path: path, member: name) }
      if isFolder { continue }
      guard type == anomalyze_archive_regular_file(),
        unsafe archive_entry_hardlink(entry) == nil, unsafe archive_entry_symlink(entry) == nil
      else { throw .notAFile(path: path, member: name) }
      let declared = unsafe archive_entry_size(entry)
      guard declared <= Int64(remainingByteCount) else {
        throw .tooLarge(path: path, byteLimit: byteLimit)
      }
      return Member(name: name, bytes: try content())
    }
  }

  private mutating func content() throws(ArchiveError) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes { buffer in
        unsafe archive_read_data(archive, buffer.baseAddress, buffer.count)
      }
      if count == 0 { break }
      guard count > 0 else { throw failure }
      guard count <= remainingByteCount else {
        throw .tooLarge(path: path, byteLimit: byteLimit)
      }
      remainingByteCount -= count
      bytes += chunk[..<count]
    }
    return bytes
  }

  private static func isSafe(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return name.utf8.count <= nameByteLimit
      && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
      && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }
  }

  private var failure: ArchiveError {
    .unreadable(
      path: path,
      reason: unsafe archive_error_string(archive).map { unsafe String(cString: $0) }
        ?? "libarchive gives no reason")
  }
}
