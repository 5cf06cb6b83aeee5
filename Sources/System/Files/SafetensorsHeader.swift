internal import JSON

/// What the head of a safetensors file says, checked against the size of the file.
struct SafetensorsHeader {
  private(set) var metadata: [String: String] = [:]
  /// The arrays in the order in which they lie in the file.
  private(set) var layouts: [TensorLayout] = []
  /// Where the arrays start.
  let dataStart: Int

  /// Where the arrays start by the first eight bytes of a file; `nil` when there are fewer or no header is as long.
  static func end(_ bytes: [UInt8]) -> Int? {
    guard bytes.count >= 8 else { return nil }
    let announced = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return announced <= 100_000_000 ? 8 + Int(announced) : nil
  }

  /// Reads the header of the whole file `bytes`, or of a file of `fileByteCount` bytes that starts with them.
  init(_ bytes: RawSpan, fileByteCount: Int? = nil) throws(SafetensorsError) {
    let fileByteCount = fileByteCount ?? bytes.byteCount
    guard bytes.byteCount >= 8 else {
      throw SafetensorsError("the file has \(bytes.byteCount) bytes; at least 8 are needed")
    }
    let announced = unsafe bytes.unsafeLoadUnaligned(as: UInt64.self).littleEndian
    guard announced <= 100_000_000, 8 + Int(announced) <= bytes.byteCount else {
      throw SafetensorsError("the header does not fit into the file")
    }
    dataStart = 8 + Int(announced)
    let text = unsafe bytes.extracting(8..<dataStart).withUnsafeBytes { unsafe [UInt8]($0) }
    let header: JSONValue
    do {
      header = try JSONValue(parsing: text)
    } catch {
      throw SafetensorsError("the header is no JSON: \(error)")
    }
    guard let members = header.objectValue?.members else {
      throw SafetensorsError("the header is no JSON object")
    }
    for (name, description) in members {
      if name == "__metadata__" {
        for (key, value) in description.objectValue?.members ?? [] {
          metadata[key] = value.stringValue ?? ""
        }
      } else {
        layouts.append(try TensorLayout(name: name, description: description))
      }
    }
    // The header may name the arrays in any order; an empty one may share its place with the next.
    layouts.sort {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    var expectedOffset = 0
    for layout in layouts {
      // Arrays follow one another without gaps; that also rules out bytes hidden between them.
      guard layout.range.lowerBound == expectedOffset else {
        throw SafetensorsError("\(layout.name) does not start where the array before it ends")
      }
      guard layout.range.upperBound <= fileByteCount - dataStart else {
        throw SafetensorsError("\(layout.name) reaches past the end of the file")
      }
      expectedOffset = layout.range.upperBound
    }
    guard dataStart + expectedOffset == fileByteCount else {
      throw SafetensorsError("the file is longer than its arrays")
    }
  }

  /// Where an array lies in the file.
  func bytes(of layout: TensorLayout) -> Range<Int> {
    dataStart + layout.range.lowerBound..<dataStart + layout.range.upperBound
  }
}
