internal import CZlib

/// A ZIP archive in memory: files with their names, compressed, without times, so that equal files give equal bytes.
public struct ZipArchive: Sendable {
  private var body: [UInt8] = []
  private var directory: [UInt8] = []
  private var fileCount = 0

  /// Starts without files.
  public init() {}

  /// Adds a file.
  ///
  /// - Precondition: `name` is not used twice; archive and file are smaller than 4 GiB and there are fewer than 65,536.
  public mutating func append(_ content: [UInt8], name: String) {
    let compressed = Self.deflated(content)
    precondition(
      fileCount < 0xFFFF && body.count + compressed.count < 0xFFFF_FFFF, "too much for a ZIP file")
    let checksum = unsafe content.withUnsafeBufferPointer { buffer in
      unsafe crc32(0, buffer.baseAddress, UInt32(buffer.count))
    }
    var header: [UInt8] = []
    header.append(littleEndian: 20, count: 2)  // needs version 2.0
    header.append(littleEndian: 1 << 11, count: 2)  // names are UTF-8
    header.append(littleEndian: 8, count: 2)  // deflate
    header.append(littleEndian: 0, count: 2)
    header.append(littleEndian: 0x21, count: 2)  // 1 January 1980, the format's first day
    header.append(littleEndian: Int(checksum), count: 4)
    header.append(littleEndian: compressed.count, count: 4)
    header.append(littleEndian: content.count, count: 4)
    header.append(littleEndian: name.utf8.count, count: 2)
    header.append(littleEndian: 0, count: 2)
    directory += [0x50, 0x4B, 1, 2, 20, 0] + header
    directory.append(littleEndian: 0, count: 10)
    directory.append(littleEndian: body.count, count: 4)
    directory += Array(name.utf8)
    body += [0x50, 0x4B, 3, 4] + header + Array(name.utf8) + compressed
    fileCount += 1
  }

  /// The archive.
  public var bytes: [UInt8] {
    var end: [UInt8] = [0x50, 0x4B, 5, 6, 0, 0, 0, 0]
    end.append(littleEndian: fileCount, count: 2)
    end.append(littleEndian: fileCount, count: 2)
    end.append(littleEndian: directory.count, count: 4)
    end.append(littleEndian: body.count, count: 4)
    end.append(littleEndian: 0, count: 2)
    return body + directory + end
  }

  /// The content compressed, without zlib's own header.
  private static func deflated(_ content: [UInt8]) -> [UInt8] {
    var stream = unsafe z_stream()
    let isReady = unsafe deflateInit2_(
      &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    precondition(isReady == Z_OK, "zlib has no memory to compress with")
    defer { unsafe deflateEnd(&stream) }
    let bound = unsafe Int(deflateBound(&stream, UInt(content.count)))
    var source = content
    return unsafe source.withUnsafeMutableBufferPointer { source in
      unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, count in
        unsafe stream.next_in = source.baseAddress
        unsafe stream.avail_in = UInt32(source.count)
        unsafe stream.next_out = target.baseAddress
        unsafe stream.avail_out = UInt32(bound)
        let status = unsafe deflate(&stream, Z_FINISH)
        precondition(status == Z_STREAM_END, "zlib's own bound was too small")
        unsafe count = Int(stream.total_out)
      }
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(littleEndian value: Int, count: Int) {
    for byte in 0..<count { append(byte < 8 ? UInt8(truncatingIfNeeded: value >> (8 * byte)) : 0) }
  }
}
