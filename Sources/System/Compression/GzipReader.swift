internal import CZlib
internal import Glibc

/// Reads a file, decompressing it on the way when it is gzip; a plain file is read as it is.
@safe public struct GzipReader: ~Copyable {
  private let path: String
  private let handle: gzFile

  /// Opens the file at `path`.
  ///
  /// - Throws: `CompressionError` when it cannot be opened.
  public init(_ path: String) throws(CompressionError) {
    guard let handle = unsafe gzopen(path, "rb") else {
      throw CompressionError(path: path, reason: unsafe String(cString: strerror(errno)))
    }
    unsafe gzbuffer(handle, 1 << 18)
    self.path = path
    unsafe self.handle = handle
  }

  deinit { unsafe gzclose(handle) }

  /// The next bytes, at most `limit` of them; none at the end.
  ///
  /// - Throws: `CompressionError` when the file is cut or its checksum is wrong.
  public mutating func read(upTo limit: Int) throws(CompressionError) -> [UInt8] {
    var count: Int32 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, initialized in
      unsafe count = gzread(handle, buffer.baseAddress, UInt32(limit))
      initialized = max(0, Int(count))
    }
    var code: Int32 = Z_OK
    _ = unsafe gzerror(handle, &code)
    guard count >= 0, code == Z_OK || code == Z_STREAM_END else {
      let reason =
        unsafe code == Z_ERRNO
        ? String(cString: strerror(errno)) : "the gzip data is cut or altered"
      throw CompressionError(path: path, reason: reason)
    }
    return bytes
  }
}

/// Writes a file, compressed when asked.
@safe public struct GzipWriter: ~Copyable {
  private let path: String
  private var handle: gzFile?

  /// Creates or replaces the file at `path`.
  public init(_ path: String, isCompressed: Bool) throws(CompressionError) {
    // "T" makes zlib write plain bytes. Compressed files carry no name and no time, so equal content gives equal bytes.
    guard let handle = unsafe gzopen(path, isCompressed ? "wb6" : "wbT") else {
      throw CompressionError(path: path, reason: unsafe String(cString: strerror(errno)))
    }
    unsafe gzbuffer(handle, 1 << 18)
    self.path = path
    unsafe self.handle = handle
  }

  /// Adds bytes.
  public mutating func write(_ bytes: [UInt8]) throws(CompressionError) {
    guard !bytes.isEmpty else { return }
    let written = unsafe bytes.withUnsafeBytes { buffer in
      unsafe gzwrite(handle, buffer.baseAddress, UInt32(buffer.count))
    }
    guard Int(written) == bytes.count else {
      throw CompressionError(path: path, reason: unsafe String(cString: strerror(errno)))
    }
  }

  /// Writes what is left and closes the file.
  public consuming func finish() throws(CompressionError) {
    let open = unsafe handle
    unsafe handle = nil
    guard unsafe gzclose(open) == Z_OK else {
      throw CompressionError(path: path, reason: unsafe String(cString: strerror(errno)))
    }
  }

  deinit {
    if let handle = unsafe handle { unsafe gzclose(handle) }
  }
}

/// A file that cannot be read, written or decompressed.
public struct CompressionError: Error, Equatable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// What is wrong with it.
  public let reason: String

  /// The file and what is wrong.
  public var description: String { "\(path): \(reason)" }
}
