import Files
import Testing

@Suite struct SafetensorsArchiveTests {
  let archive = SafetensorsArchive(
    metadata: ["format": "test/1", "a": "b"],
    tensors: [
      Tensor("matrix", .float64([1, -0.5, .nan, .infinity, 0, 3]), shape: [2, 3]),
      Tensor("codes", .int32([-1, 7])), Tensor("bytes", .uint8([1, 2, 3])),
      Tensor("none", .int64([]), shape: [0, 4]), Tensor("small", .int8([-128])),
      Tensor("half", .int16([-2])), Tensor("rank", .uint16([65_535])),
      Tensor("f", .float32([0.25])),
      Tensor("scalar", .int64([42]), shape: []),
    ])

  @Test func `an archive survives writing and reading`() throws {
    let bytes = archive.encoded()
    let read = try SafetensorsArchive(decoding: bytes)
    #expect(read.metadata == archive.metadata)
    #expect(read.tensors.map(\.name) == archive.tensors.map(\.name))
    // NaN differs from itself, so the bytes are compared.
    #expect(read.encoded() == bytes)
    #expect(read["codes"]?.elements == .int32([-1, 7]))
    #expect(bytes == archive.encoded())
  }

  @Test func `a cut archive is refused at every length`() {
    let bytes = archive.encoded()
    for length in 0..<bytes.count {
      #expect(throws: SafetensorsError.self) {
        try SafetensorsArchive(decoding: Array(bytes[..<length]))
      }
    }
    #expect(throws: SafetensorsError.self) { try SafetensorsArchive(decoding: bytes + [0]) }
  }

  @Test func `no flipped byte makes it trap`() throws {
    let bytes = archive.encoded()
    for index in bytes.indices {
      for mask: UInt8 in [0x01, 0x10, 0x80, 0xFF] {
        var flipped = bytes
        flipped[index] ^= mask
        _ = try? SafetensorsArchive(decoding: flipped)
      }
    }
  }

  @Test(arguments: [
    #"{"a":{"dtype":"F64","shape":[9223372036854775807,8],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,9223372036854775807]}}"#,
    #"{"a":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}}"#,
    #"{"a":{"dtype":"F64","shape":[-1],"data_offsets":[0,8]}}"#, #"{"a":7}"#, "[]", "{",
    #"{"a":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]}}"#,
  ])
  func `a header that lies is refused`(header: String) {
    let text = Array(header.utf8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    #expect(throws: SafetensorsError.self) {
      try SafetensorsArchive(decoding: length + text + [UInt8](repeating: 0, count: 8))
    }
  }

  @Test func `a file of the reference library is read`() throws {
    let folder = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let read = try SafetensorsArchive(contentsOf: folder + "/Fixtures/files/sample.safetensors")
    #expect(read.metadata == ["kind": "sample"])
    let expected = [
      Tensor("bytes", .uint8([1, 2, 255])), Tensor("codes", .int32([-1, 0, .max])),
      Tensor("empty", .float32([]), shape: [0, 3]),
      Tensor("matrix", .float64([1.5, -2.25, 0, .infinity, 1e-300, -0.0]), shape: [2, 3]),
      Tensor("scalar", .int64([7]), shape: []), Tensor("short", .int16([-5, 5])),
      Tensor("labels", .int8([-1, 0, 1])), Tensor("floats", .float32([0.1, 3e38])),
      Tensor("wide", .uint16([65_535])),
    ]
    for tensor in expected { #expect(read[tensor.name] == tensor) }
    #expect(read.tensors.count == expected.count)
  }

  @Test func `the header may name arrays in another order than they lie`() throws {
    let header = Array(
      #"{"b":{"dtype":"I8","shape":[1],"data_offsets":[1,2]},"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}"#
        .utf8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
    let read = try SafetensorsArchive(decoding: length + header + [5, 6])
    #expect(read["a"]?.elements == .int8([5]) && read["b"]?.elements == .int8([6]))
  }

  @Test func `an archive that is staged has the same bytes, and their digest is known`() throws {
    let scratch = ScratchFolder()
    let staged = try StagedDirectory(destination: scratch.path + "/1")
    let (digest, byteCount) = try staged.write(archive, to: "a.safetensors")
    try staged.commit(readOnly: true)
    let bytes = try FileSystem.read(scratch.path + "/1/a.safetensors")
    #expect(bytes == archive.encoded())
    #expect(digest == SHA256.digest(of: bytes) && byteCount == bytes.count)
  }
}
