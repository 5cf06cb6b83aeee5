internal import Glibc

extension StagedDirectory {
  /// Adds an archive as a file, array by array, so that there is no second copy of it in memory.
  ///
  /// - Returns: the digest and the size of the file.
  public func write(
    _ archive: SafetensorsArchive, to relativePath: String
  ) throws(FileError) -> (digest: SHA256Digest, byteCount: Int) {
    let file = "\(path)/\(relativePath)"
    let header = archive.encodedHeader()
    try FileSystem.write(header, to: file)
    let descriptor = unsafe open(file, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last("open", file) }
    defer { close(descriptor) }
    var hash = SHA256()
    hash.update(header)
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
            throw .last("write", file)
          }
          position += count
        }
        hash.update(copy bytes)
        byteCount += bytes.byteCount
      }
    }
    return (hash.finalize(), byteCount)
  }
}
