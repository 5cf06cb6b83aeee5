internal import Glibc

/// A file in memory, read-only; the system loads its pages when they are touched.
///
/// The file must not be cut while it is mapped; snapshots and model versions never change.
@safe public struct MappedFile: ~Copyable {
  /// The size of the file.
  public let byteCount: Int
  private let start: UnsafeMutableRawPointer?

  /// Maps the file at `path`.
  public init(_ path: String) throws(FileError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last("open", path) }
    defer { close(descriptor) }
    var information = stat()
    guard unsafe fstat(descriptor, &information) == 0 else { throw .last("read", path) }
    let size = Int(information.st_size)
    // An empty file cannot be mapped; it has no bytes to lend either.
    let mapping = unsafe size > 0 ? mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0) : nil
    guard unsafe mapping != MAP_FAILED else { throw .last("map", path) }
    byteCount = size
    unsafe start = mapping
  }

  deinit {
    if let start = unsafe start { unsafe munmap(start, byteCount) }
  }

  /// Lets the system take back the pages that were touched; touching them again loads them again.
  func forget() {
    // Advice that is not taken costs memory and nothing else.
    if let start = unsafe start { _ = unsafe madvise(start, byteCount, MADV_DONTNEED) }
  }

  /// Lends the bytes for the duration of `body`.
  public func withBytes<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let buffer = unsafe UnsafeRawBufferPointer(start: start, count: byteCount)
    return try body(unsafe buffer.bytes)
  }
}
