internal import JSON

/// The element types that are written and read, by the names of the format.
enum TensorType: String {
  case float64 = "F64"
  case float32 = "F32"
  case int64 = "I64"
  case int32 = "I32"
  case int16 = "I16"
  case int8 = "I8"
  case uint16 = "U16"
  case uint8 = "U8"

  var byteCount: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .int16, .uint16: 2
    case .int8, .uint8: 1
    }
  }

  /// The values stored in `bytes`, whose size is a multiple of the element's.
  func elements(in bytes: RawSpan) -> Tensor.Elements {
    switch self {
    case .float64: .float64(load(bytes))
    case .float32: .float32(load(bytes))
    case .int64: .int64(load(bytes))
    case .int32: .int32(load(bytes))
    case .int16: .int16(load(bytes))
    case .int8: .int8(load(bytes))
    case .uint16: .uint16(load(bytes))
    case .uint8: .uint8(load(bytes))
    }
  }

  private func load<Element: BitwiseCopyable>(_ bytes: RawSpan) -> [Element] {
    let count = bytes.byteCount / byteCount
    return unsafe Array(unsafeUninitializedCapacity: count) { buffer, initialized in
      unsafe bytes.withUnsafeBytes { source in
        unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: source)
      }
      initialized = count
    }
  }
}

/// Where an array lies in the file and what it holds.
struct TensorLayout {
  let name: String
  let type: TensorType
  let shape: [Int]
  let range: Range<Int>

  init(name: String, description: JSONValue) throws(SafetensorsError) {
    guard let typeName = description["dtype"]?.stringValue,
      let type = TensorType(rawValue: typeName)
    else { throw SafetensorsError("\(name) has an element type that is not read here") }
    let sizes = description["shape"]?.arrayValue ?? []
    let offsets = description["data_offsets"]?.arrayValue?.compactMap(\.integerValue) ?? []
    guard description["shape"]?.arrayValue != nil, offsets.count == 2, offsets[0] >= 0,
      offsets[0] <= offsets[1]
    else { throw SafetensorsError("\(name) has no valid shape or place") }
    var count = 1
    var shape: [Int] = []
    for size in sizes {
      guard let size = size.integerValue.flatMap({ Int(exactly: $0) }), size >= 0 else {
        throw SafetensorsError("\(name) has a dimension that is no size")
      }
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow else { throw SafetensorsError("\(name) has a shape that is too large") }
      count = product
      shape.append(size)
    }
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: type.byteCount)
    guard !overflow, Int(offsets[1] - offsets[0]) == byteCount else {
      throw SafetensorsError("\(name) has more or fewer bytes than its shape says")
    }
    self.name = name
    self.type = type
    self.shape = shape
    range = Int(offsets[0])..<Int(offsets[1])
  }
}

extension Tensor.Elements {
  var type: TensorType {
    switch self {
    case .float64: .float64
    case .float32: .float32
    case .int64: .int64
    case .int32: .int32
    case .int16: .int16
    case .int8: .int8
    case .uint16: .uint16
    case .uint8: .uint8
    }
  }

  /// Lends the stored bytes.
  func withBytes<Result, Failure: Error>(
    _ body: (borrowing RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    switch self {
    case .float64(let values): try unsafe body(values.span.bytes)
    case .float32(let values): try unsafe body(values.span.bytes)
    case .int64(let values): try unsafe body(values.span.bytes)
    case .int32(let values): try unsafe body(values.span.bytes)
    case .int16(let values): try unsafe body(values.span.bytes)
    case .int8(let values): try unsafe body(values.span.bytes)
    case .uint16(let values): try unsafe body(values.span.bytes)
    case .uint8(let values): try unsafe body(values.span.bytes)
    }
  }

  func append(to bytes: inout [UInt8]) {
    switch self {
    case .float64(let values): appendBytes(of: values, to: &bytes)
    case .float32(let values): appendBytes(of: values, to: &bytes)
    case .int64(let values): appendBytes(of: values, to: &bytes)
    case .int32(let values): appendBytes(of: values, to: &bytes)
    case .int16(let values): appendBytes(of: values, to: &bytes)
    case .int8(let values): appendBytes(of: values, to: &bytes)
    case .uint16(let values): appendBytes(of: values, to: &bytes)
    case .uint8(let values): bytes += values
    }
  }
}

/// Memory is copied as it is: every platform of this project is little-endian, which the manifest's targets hold to.
private func appendBytes<Element: BitwiseCopyable>(of values: [Element], to bytes: inout [UInt8]) {
  unsafe values.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
}

func appendLittleEndian(_ value: UInt64, to bytes: inout [UInt8]) {
  appendBytes(of: [value.littleEndian], to: &bytes)
}
