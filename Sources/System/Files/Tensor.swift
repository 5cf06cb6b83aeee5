/// A named array of numbers as the safetensors format stores it: row-major, little-endian.
public struct Tensor: Equatable, Sendable {
  /// The values with their element type.
  public enum Elements: Equatable, Sendable {
    case float64([Double])
    case float32([Float])
    case int64([Int64])
    case int32([Int32])
    case int16([Int16])
    case int8([Int8])
    case uint16([UInt16])
    case uint8([UInt8])
  }

  /// Unique within an archive.
  public let name: String
  /// Sizes of the dimensions, outermost first.
  public let shape: [Int]
  /// The values.
  public let elements: Elements

  /// Makes a tensor; without a `shape` it has one dimension.
  ///
  /// - Precondition: the product of `shape` equals the number of elements.
  public init(_ name: String, _ elements: Elements, shape: [Int]? = nil) {
    let shape = shape ?? [elements.count]
    precondition(shape.reduce(1, *) == elements.count, "elements do not fill the shape")
    self.name = name
    self.shape = shape
    self.elements = elements
  }
}

extension Tensor.Elements {
  /// How many values there are.
  public var count: Int {
    switch self {
    case .float64(let values): values.count
    case .float32(let values): values.count
    case .int64(let values): values.count
    case .int32(let values): values.count
    case .int16(let values): values.count
    case .int8(let values): values.count
    case .uint16(let values): values.count
    case .uint8(let values): values.count
    }
  }
}
