internal import Files
internal import Registry

/// The files of a version while they arrive: each is kept as soon as it is whole, and a large one part by part.
struct IncomingFolder {
  let path: String
  let partByteCount: Int

  /// Fetches what is missing; returns the paths of the files.
  ///
  /// - Throws: `DistributionError.malformedVersion` when something is not what the sums of the version say.
  func receive(
    from client: S3Client, _ location: S3Location, _ name: String, _ number: Int,
    _ receiver: ParcelReceiver
  ) throws -> [String] {
    let sumsKey = location.file(name, number, VersionParcel.sumsName)
    guard let sums = try client.get(sumsKey) else {
      throw receiver.failure("it is not complete in the store; push it again")
    }
    guard SHA256.digest(of: sums).hexadecimal == receiver.record.digest,
      let content = VersionContent(parsing: sums)
    else { throw receiver.failure("its \(VersionParcel.sumsName) is not the one of its record") }
    try FileSystem.createDirectory(path)
    var remaining = receiver.record.byteCount
    for file in content.paths {
      let destination = "\(path)/\(file)"
      if !FileSystem.exists(destination) {
        try fetch(
          location.file(name, number, file), to: destination, byteLimit: remaining,
          from: client, receiver)
      }
      guard try SHA256.digest(ofFile: destination).hexadecimal == content.digest(of: file) else {
        try FileSystem.removeTree(destination)
        throw receiver.failure("\(file) is not what its checksum says")
      }
      remaining -= try FileSystem.byteCount(of: destination)
    }
    return content.paths
  }

  private func fetch(
    _ key: String, to destination: String, byteLimit: Int, from client: S3Client,
    _ receiver: ParcelReceiver
  ) throws {
    guard let head = try client.head(key) else { throw receiver.failure("\(key) is missing") }
    guard head.byteCount <= byteLimit else {
      throw receiver.failure("\(key) is larger than its record allows")
    }
    try FileSystem.createDirectory(FileSystem.parentDirectory(of: destination))
    let partial = destination + ".partial"
    if !FileSystem.exists(partial) { try FileSystem.writeAtomically([], to: partial) }
    var position = try FileSystem.byteCount(of: partial)
    while position < head.byteCount {
      let range = position..<min(position + partByteCount, head.byteCount)
      guard let bytes = try client.get(key, range: range), bytes.count == range.count else {
        throw receiver.failure("\(key) changed while it was read")
      }
      try FileSystem.append(bytes, to: partial, keeping: position)
      position += bytes.count
    }
    try FileSystem.move(partial, to: destination)
  }
}
