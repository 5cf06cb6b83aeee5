internal import Glibc

/// An open safetensors file whose arrays are read piece by piece: memory holds the pieces that somebody asked for and no more.
///
/// A mapped file would do the same in fewer calls, but its pages count as memory of the process while the system has room.
@safe public struct SafetensorsFile: ~Copyable {
  /// Free text by name.
  public let metadata: [String: String]
  private let path: String
  private let descriptor: Int32
  private let header: SafetensorsHeader

  /// Opens the file at `path` and reads its header.
  ///
  /// - Throws: `FileError` or `SafetensorsError`.
  public init(_ path: String) throws {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError.last("open", path) }
    do {
      var information = stat()
      guard unsafe fstat(descriptor, &information) == 0 else { throw FileError.last("read", path) }
      let byteCount = Int(information.st_size)
      var head = try Self.read(0..<min(8, byteCount), of: descriptor, path)
      if let end = SafetensorsHeader.end(head) {
        head = try Self.read(0..<min(end, byteCount), of: descriptor, path)
      }
      header = try unsafe SafetensorsHeader(head.span.bytes, fileByteCount: byteCount)
    } catch {
      close(descriptor)
      throw error
    }
    metadata = header.metadata
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// How many values the array `name` has; `nil` when there is none.
  public func count(of name: String) -> Int? {
    header.layouts.first { $0.name == name }.map { $0.range.count / $0.type.byteCount }
  }

  /// A copy of the values of the array `name` in `range`, counted as if it had one dimension.
  ///
  /// - Throws: `SafetensorsError` when there is no such array or it is shorter, `FileError`.
  public func elements(of name: String, in range: Range<Int>) throws -> Tensor.Elements {
    guard let layout = header.layouts.first(where: { $0.name == name }) else {
      throw SafetensorsError("\(path) has no array \(name)")
    }
    let width = layout.type.byteCount
    guard range.lowerBound >= 0, range.upperBound <= layout.range.count / width else {
      throw SafetensorsError("the array \(name) of \(path) is shorter than \(range.upperBound)")
    }
    let start = header.bytes(of: layout).lowerBound
    let bytes = try Self.read(
      start + range.lowerBound * width..<start + range.upperBound * width, of: descriptor, path)
    return unsafe layout.type.elements(in: bytes.span.bytes)
  }

  private static func read(
    _ range: Range<Int>, of descriptor: Int32, _ path: String
  ) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var filled = 0
    while filled < bytes.count {
      let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe pread(
          descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled,
          off_t(range.lowerBound + filled))
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .last("read", path) }
      filled += count
    }
    return bytes
  }
}
