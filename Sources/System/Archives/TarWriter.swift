internal import CArchive

/// Makes a tar archive compressed with zstd in memory; equal files in equal order give equal bytes.
///
/// Members belong to nobody, are as old as the epoch and may be read by all: nothing of the machine gets in.
@safe public struct TarWriter: ~Copyable {
  private let archive: OpaquePointer
  private let sink: Sink

  private final class Sink {
    var bytes: [UInt8] = []
  }

  /// Starts an empty archive.
  public init() throws(ArchiveError) { self = try TarWriter.opened() }

  /// A value with a deinit cannot throw half-way through its own initialiser; a local one can.
  private static func opened() throws(ArchiveError) -> TarWriter {
    guard let archive = unsafe archive_write_new() else {
      throw .notWritten(reason: "there is no memory")
    }
    let writer = unsafe TarWriter(owning: archive)
    try writer.open()
    return writer
  }

  private init(owning archive: OpaquePointer) {
    unsafe self.archive = unsafe archive
    sink = Sink()
  }

  private func open() throws(ArchiveError) {
    unsafe archive_write_set_format_pax_restricted(archive)
    try check(unsafe archive_write_add_filter_zstd(archive))
    // The last block is not padded: the file ends where its content ends.
    unsafe archive_write_set_bytes_in_last_block(archive, 1)
    let context = unsafe Unmanaged.passUnretained(sink).toOpaque()
    try check(
      unsafe archive_write_open(
        archive, context, nil,
        { _, context, bytes, count in
          guard let context = unsafe context else { return -1 }
          let sink = unsafe Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
          unsafe sink.bytes.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
          return count
        }, nil))
  }

  deinit { unsafe archive_write_free(archive) }

  /// Adds a file under a relative name.
  public mutating func add(_ name: String, _ bytes: [UInt8]) throws(ArchiveError) {
    guard let entry = unsafe archive_entry_new() else {
      throw .notWritten(reason: "there is no memory")
    }
    defer { unsafe archive_entry_free(entry) }
    unsafe archive_entry_set_pathname_utf8(entry, name)
    unsafe archive_entry_set_filetype(entry, anomalyze_archive_regular_file())
    unsafe archive_entry_set_perm(entry, 0o644)
    unsafe archive_entry_set_size(entry, Int64(bytes.count))
    unsafe archive_entry_set_mtime(entry, 0, 0)
    try check(unsafe archive_write_header(archive, entry))
    var position = 0
    while position < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe archive_write_data(
          archive, buffer.baseAddress.map { unsafe $0 + position }, bytes.count - position)
      }
      guard count > 0 else { throw failure }
      position += count
    }
  }

  /// Ends the archive and gives its bytes.
  public consuming func finish() throws(ArchiveError) -> [UInt8] {
    try check(unsafe archive_write_close(archive))
    return sink.bytes
  }

  private func check(_ code: Int32) throws(ArchiveError) {
    // A warning says that a name or a value could not be kept as it is.
    guard code == ARCHIVE_OK else { throw failure }
  }

  private var failure: ArchiveError {
    .notWritten(
      reason: unsafe archive_error_string(archive).map { unsafe String(cString: $0) }
        ?? "libarchive gives no reason")
  }
}
