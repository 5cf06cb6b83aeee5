internal import Glibc

/// A safetensors file whose arrays are read piece by piece, so that memory follows the pieces and not the file.
public struct MappedArchive: ~Copyable {
  /// Free text by name.
  public let metadata: [String: String]
  private let file: MappedFile
  private let places: [String: (type: TensorType, bytes: Range<Int>)]

  /// Maps the file at `path`.
  ///
  /// - Throws: `FileError` or `SafetensorsError`.
  public init(_ path: String) throws {
    let file = try MappedFile(path)
    let header = try file.withBytes { (bytes: RawSpan) throws(SafetensorsError) in
      try SafetensorsHeader(bytes)
    }
    var places: [String: (type: TensorType, bytes: Range<Int>)] = [:]
    for layout in header.layouts {
      places[layout.name] = (layout.type, header.bytes(of: layout))
    }
    metadata = header.metadata
    self.places = places
    self.file = file
  }

  /// How many elements the array `name` has; `nil` when there is none.
  public func count(of name: String) -> Int? {
    places[name].map { $0.bytes.count / $0.type.byteCount }
  }

  /// A copy of some elements of the array `name`; `nil` when it does not have them.
  ///
  /// - Parameters:
  ///   - name: The array.
  ///   - range: Positions of the elements; `nil` for all.
  public func elements(of name: String, _ range: Range<Int>? = nil) -> Tensor.Elements? {
    guard let place = places[name], let count = count(of: name) else { return nil }
    let range = range ?? 0..<count
    guard range.lowerBound >= 0, range.upperBound <= count else { return nil }
    let start = place.bytes.lowerBound
    let width = place.type.byteCount
    return file.withBytes { bytes in
      place.type.elements(
        in: bytes.extracting(start + range.lowerBound * width..<start + range.upperBound * width))
    }
  }

  /// Gives back the memory of what was read; it is read again when it is asked for.
  public func forget() { file.forget() }
}
