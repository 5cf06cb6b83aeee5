internal import Glibc

extension StagedDirectory {
  /// Adds an archive as a file, array by array, so that there is no second copy of it in memory.
  ///
  /// - Returns: the digest and the size of the file.
  @discardableResult
  public func write(
    _ archive: SafetensorsArchive, to relativePath: String
  ) throws(FileError) -> (digest: SHA256Digest, byteCount: Int) {
    try FileSystem.writeLasting(archive, to: "\(path)/\(relativePath)")
  }
}

extension FileSystem {
  /// Writes an archive as a file, array by array, so that there is no second copy of it in memory; the file has to be synchronized.
  ///
  /// - Returns: the digest and the size of the file.
  public static func writeLasting(
    _ archive: SafetensorsArchive, to path: String
  ) throws(FileError) -> (digest: SHA256Digest, byteCount: Int) {
    var hash = SHA256()
    let byteCount = try write(archive, to: path, isLasting: true) { hash.update(copy $0) }
    return (hash.finalize(), byteCount)
  }

  /// Writes an archive as a file, array by array, without waiting for the storage device: for files that do not last.
  public static func write(_ archive: SafetensorsArchive, to path: String) throws(FileError) {
    _ = try write(archive, to: path, isLasting: false) { _ in }
  }

  /// Writes an archive as a file and shows `observe` all its bytes; returns how many there are.
  ///
  /// - Parameter isLasting: Whether the file is synchronized later.
  fileprivate static func write(
    _ archive: SafetensorsArchive, to path: String, isLasting: Bool,
    _ observe: (borrowing RawSpan) -> Void
  ) throws(FileError) -> Int {
    let header = archive.encodedHeader()
    let descriptor = try create(path)
    defer { close(descriptor) }
    try unsafe write(header.span.bytes, to: descriptor, path)
    unsafe observe(header.span.bytes)
    var byteCount = header.count
    for tensor in archive.tensors {
      try tensor.elements.withBytes { (bytes: borrowing RawSpan) throws(FileError) in
        try write(bytes, to: descriptor, path)
        observe(bytes)
        byteCount += bytes.byteCount
      }
    }
    // Linux begins to write back at once what is said to be needed no more, so that little is left when the file is synchronized.
    // What the device has taken by then may leave the cache; only a fast device has, from which it is read again as fast.
    if isLasting { posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) }
    return byteCount
  }
}
