internal import JSON

/// Named arrays in one file, in the safetensors format: eight bytes with the length of a JSON header, the header, then the
/// arrays, little-endian and one after another.
///
/// Equal archives have equal bytes: tensors keep their order, metadata is sorted, and the header is padded with blanks to a
/// multiple of eight, so that a mapped file can be read in place.
public struct SafetensorsArchive: Equatable, Sendable {
  /// Free text by name.
  public var metadata: [String: String]
  /// The arrays in the order of the file; names are unique.
  public var tensors: [Tensor]

  /// Makes an archive.
  ///
  /// - Precondition: no two tensors have one name.
  public init(metadata: [String: String] = [:], tensors: [Tensor]) {
    precondition(Set(tensors.map(\.name)).count == tensors.count, "two tensors have one name")
    self.metadata = metadata
    self.tensors = tensors
  }

  /// The tensor of the given name.
  public subscript(name: String) -> Tensor? { tensors.first { $0.name == name } }

  /// The archive as bytes.
  public func encoded() -> [UInt8] {
    var bytes = encodedHeader()
    bytes.reserveCapacity(
      bytes.count + tensors.reduce(0) { $0 + $1.elements.count * $1.elements.type.byteCount })
    for tensor in tensors { tensor.elements.append(to: &bytes) }
    return bytes
  }

  /// Everything before the arrays.
  func encodedHeader() -> [UInt8] {
    var header = JSONObject()
    if !metadata.isEmpty {
      let sorted = metadata.sorted { $0.key < $1.key }
      header["__metadata__"] = .object(
        JSONObject(sorted.map { (key: $0.key, value: .string($0.value)) }))
    }
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.elements.count * tensor.elements.type.byteCount
      header.appendUnique(
        tensor.name,
        [
          "dtype": .string(tensor.elements.type.rawValue),
          "shape": .array(tensor.shape.map { .integer(Int64($0)) }),
          "data_offsets": [.integer(Int64(offset)), .integer(Int64(end))],
        ])
      offset = end
    }
    var text = JSONValue.object(header).bytes()
    while !text.count.isMultiple(of: 8) { text.append(UInt8(ascii: " ")) }
    var bytes: [UInt8] = []
    appendLittleEndian(UInt64(text.count), to: &bytes)
    return bytes + text
  }

  /// Reads an archive from bytes.
  ///
  /// - Throws: `SafetensorsError`; no input makes it trap or ask for more memory than a few times its own size.
  public init(decoding bytes: [UInt8]) throws(SafetensorsError) {
    try unsafe self.init(bytes: bytes.span.bytes)
  }

  /// Reads the archive in a file, which is mapped.
  ///
  /// - Throws: `FileError` or `SafetensorsError`.
  public init(contentsOf path: String) throws {
    let file = try MappedFile(path)
    self = try file.withBytes { (bytes: RawSpan) throws(SafetensorsError) in
      try SafetensorsArchive(bytes: bytes)
    }
  }

  private init(bytes: RawSpan) throws(SafetensorsError) {
    let header = try SafetensorsHeader(bytes)
    metadata = header.metadata
    tensors = header.layouts.map { layout in
      Tensor(
        layout.name,
        layout.type.elements(in: bytes.extracting(header.bytes(of: layout))), shape: layout.shape)
    }
  }
}

/// A file that is no safetensors archive, or one that was cut or altered.
public struct SafetensorsError: Error, Equatable, CustomStringConvertible {
  /// What is wrong.
  public let description: String

  init(_ description: String) { self.description = description }
}
