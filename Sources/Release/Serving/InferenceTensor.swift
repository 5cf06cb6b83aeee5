internal import JSON

/// One named tensor of the Open Inference Protocol v2, as rows of numbers.
struct InferenceTensor {
  /// What elements a tensor may have.
  enum DataType: String {
    case bool = "BOOL"
    case uint8 = "UINT8"
    case int8 = "INT8"
    case int16 = "INT16"
    case int32 = "INT32"
    case int64 = "INT64"
    case fp32 = "FP32"
    case fp64 = "FP64"

    var byteCount: Int {
      switch self {
      case .bool, .uint8, .int8: 1
      case .int16: 2
      case .int32, .fp32: 4
      case .int64, .fp64: 8
      }
    }
  }

  let name: String
  let shape: [Int]
  let values: [Double]

  /// Reads an input; `binary` holds what follows the JSON part and loses what belongs to this tensor.
  init(_ json: JSONValue, binary: inout ArraySlice<UInt8>) throws(InferenceError) {
    guard let name = json["name"]?.stringValue else {
      throw InferenceError("an input has no name")
    }
    self.name = name
    guard let type = json["datatype"]?.stringValue.flatMap({ DataType(rawValue: $0) }) else {
      throw InferenceError("input '\(name)': datatype must be one of FP32, FP64, INT8…INT64, BOOL")
    }
    let dimensions = json["shape"]?.arrayValue ?? []
    shape = dimensions.compactMap { $0.integerValue.map { Int($0) } }
    guard !shape.isEmpty, shape.count == dimensions.count, shape.count <= 2,
      shape.allSatisfy({ (0...100_000_000).contains($0) })
    else { throw InferenceError("input '\(name)': shape must have one or two dimensions") }
    let count = shape.reduce(1, *)
    if let size = json["parameters"]?["binary_data_size"]?.integerValue {
      guard size == Int64(count * type.byteCount), size <= Int64(binary.count) else {
        throw InferenceError(
          "input '\(name)': binary_data_size is not that of shape and datatype, or less was sent")
      }
      values = InferenceTensor.decode(binary.prefix(Int(size)), as: type)
      binary = binary.dropFirst(Int(size))
    } else {
      var values: [Double] = []
      // A shape is only what the client says: too much of it must not be asked of the system.
      values.reserveCapacity(min(count, 1 << 17))
      guard let data = json["data"], InferenceTensor.flatten(data, into: &values, depth: 0) else {
        throw InferenceError("input '\(name)': data must be numbers, or null for missing ones")
      }
      self.values = values
    }
    guard values.count == count else {
      throw InferenceError(
        "input '\(name)': expected \(count) elements for its shape, got \(values.count)")
    }
  }

  private static func flatten(_ json: JSONValue, into values: inout [Double], depth: Int) -> Bool {
    switch json {
    case .array(let elements) where depth < 3:
      return elements.allSatisfy { flatten($0, into: &values, depth: depth + 1) }
    case .null: values.append(.nan)
    case .bool(let flag): values.append(flag ? 1 : 0)
    default:
      guard let number = json.doubleValue else { return false }
      values.append(number)
    }
    return true
  }

  /// Little-endian elements, row-major.
  private static func decode(_ bytes: ArraySlice<UInt8>, as type: DataType) -> [Double] {
    let size = type.byteCount
    return stride(from: bytes.startIndex, to: bytes.endIndex, by: size).map { start in
      var word: UInt64 = 0
      for offset in (0..<size).reversed() { word = word << 8 | UInt64(bytes[start + offset]) }
      return switch type {
      case .bool, .uint8: Double(word)
      case .int8: Double(Int8(truncatingIfNeeded: word))
      case .int16: Double(Int16(truncatingIfNeeded: word))
      case .int32: Double(Int32(truncatingIfNeeded: word))
      case .int64: Double(Int64(bitPattern: word))
      case .fp32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: word)))
      case .fp64: Double(bitPattern: word)
      }
    }
  }
}

/// Why an inference request is refused, in the protocol's words: one text and nothing else.
struct InferenceError: Error {
  let message: String
  init(_ message: String) { self.message = message }
}

/// One named output, as JSON or as bytes after it.
struct InferenceOutput {
  let name: String
  let datatype: String
  let shape: [Int]
  let values: [Double]

  /// What stands in the JSON part.
  func json(isBinary: Bool) -> JSONObject {
    var object: JSONObject = [
      "name": .string(name), "datatype": .string(datatype),
      "shape": .array(shape.map { .integer(Int64($0)) }),
    ]
    if isBinary {
      object["parameters"] = ["binary_data_size": .integer(Int64(binary.count))]
    } else if datatype == "BOOL" {
      object["data"] = .array(values.map { .bool($0 != 0) })
    } else {
      object["data"] = .array(values.map { $0.isFinite ? .number($0) : .null })
    }
    return object
  }

  /// Little-endian elements.
  var binary: [UInt8] {
    if datatype == "BOOL" { return values.map { $0 != 0 ? 1 : 0 } }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 * values.count)
    for value in values {
      var word = value.bitPattern
      for _ in 0..<8 {
        bytes.append(UInt8(truncatingIfNeeded: word))
        word >>= 8
      }
    }
    return bytes
  }
}
