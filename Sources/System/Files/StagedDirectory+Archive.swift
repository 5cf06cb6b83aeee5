internal import Glibc

extension StagedDirectory {
  /// Adds an archive as a file, array by array, so that there is no second copy of it in memory.
  ///
  /// - Returns: the digest and the size of the file.
  public func write(
    _ archive: SafetensorsArchive, to relativePath: String
  ) throws(FileError) -> (digest: SHA256Digest, byteCount: Int) {
    var hash = SHA256()
    let byteCount = try FileSystem.write(archive, to: "\(path)/\(relativePath)") {
      hash.update(copy $0)
    }
    return (hash.finalize(), byteCount)
  }
}

extension FileSystem {
  /// Writes an archive as a file, array by array, without waiting for the storage device: for files that do not last.
  public static func write(_ archive: SafetensorsArchive, to path: String) throws(FileError) {
    _ = try write(archive, to: path) { _ in }
  }

  /// Writes an archive as a file and shows `observe` all its bytes; returns how many there are.
  fileprivate static func write(
    _ archive: SafetensorsArchive, to path: String, _ observe: (borrowing RawSpan) -> Void
  ) throws(FileError) -> Int {
    let header = archive.encodedHeader()
    try write(header, to: path)
    let descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last("open", path) }
    defer { close(descriptor) }
    unsafe observe(header.span.bytes)
    var byteCount = header.count
    for tensor in archive.tensors {
      try tensor.elements.withBytes { (bytes: borrowing RawSpan) throws(FileError) in
        var position = 0
        while position < bytes.byteCount {
          let count = unsafe bytes.withUnsafeBytes { buffer in
            unsafe Glibc.write(
              descriptor, buffer.baseAddress?.advanced(by: position), buffer.count - position)
          }
          guard count >= 0 else {
            if errno == EINTR { continue }
            throw .last("write", path)
          }
          position += count
        }
        observe(bytes)
        byteCount += bytes.byteCount
      }
    }
    return byteCount
  }
}
