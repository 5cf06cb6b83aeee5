/// A model in the Open Neural Network Exchange format: a graph of operators with the versions that define them.
public struct ONNXModel: Equatable, Sendable {
  /// The version of the format itself; 8 is read by every runtime since early 2022.
  public var formatVersion: Int64 = 8
  /// Name of the program that made the model.
  public var producer: String
  /// Version of each set of operators by its domain; the empty domain is ONNX's own.
  public var operatorSets: [(domain: String, version: Int64)]
  /// What is computed.
  public var graph: ONNXGraph
  /// Facts for people and tools, in this order.
  public var metadata: [(key: String, value: String)]

  /// Joins the parts.
  public init(
    producer: String, operatorSets: [(domain: String, version: Int64)], graph: ONNXGraph,
    metadata: [(key: String, value: String)] = []
  ) {
    self.producer = producer
    self.operatorSets = operatorSets
    self.graph = graph
    self.metadata = metadata
  }

  public static func == (a: ONNXModel, b: ONNXModel) -> Bool {
    a.formatVersion == b.formatVersion && a.producer == b.producer && a.graph == b.graph
      && a.operatorSets.elementsEqual(b.operatorSets, by: ==)
      && a.metadata.elementsEqual(b.metadata, by: ==)
  }
}

/// Operators in an order in which each finds its inputs computed, with constants, inputs and outputs.
public struct ONNXGraph: Equatable, Sendable {
  /// An input or output: a table of `columnCount` columns and as many rows as there are.
  public struct Table: Equatable, Sendable {
    /// Its name.
    public var name: String
    /// Type of its elements.
    public var elementType: ONNXElementType
    /// Number of its columns.
    public var columnCount: Int

    /// Describes a table.
    public init(_ name: String, _ elementType: ONNXElementType, columnCount: Int) {
      self.name = name
      self.elementType = elementType
      self.columnCount = columnCount
    }
  }

  /// Name of the graph.
  public var name: String
  /// The operators.
  public var nodes: [ONNXNode]
  /// Constants by name.
  public var constants: [ONNXTensor]
  /// What a caller gives.
  public var inputs: [Table]
  /// What a caller gets.
  public var outputs: [Table]

  /// Joins the parts.
  public init(
    name: String, nodes: [ONNXNode], constants: [ONNXTensor], inputs: [Table], outputs: [Table]
  ) {
    self.name = name
    self.nodes = nodes
    self.constants = constants
    self.inputs = inputs
    self.outputs = outputs
  }
}

/// One operator: the values it reads and writes by name, and its attributes.
public struct ONNXNode: Equatable, Sendable {
  /// A constant that belongs to an operator.
  public enum Attribute: Equatable, Sendable {
    case integer(Int64)
    case text(String)
    case integers([Int64])
    case floats([Float])
    case texts([String])
    case tensor(ONNXTensor)
  }

  /// Name of the operator, such as `MatMul`.
  public var operation: String
  /// The set that it belongs to; empty for ONNX's own.
  public var domain: String
  /// Names of the values that it reads.
  public var inputs: [String]
  /// Names of the values that it writes.
  public var outputs: [String]
  /// Its attributes, in this order.
  public var attributes: [(name: String, value: Attribute)]

  /// Describes an operator.
  public init(
    _ operation: String, domain: String = "", _ inputs: [String], to outputs: [String],
    attributes: [(name: String, value: Attribute)] = []
  ) {
    self.operation = operation
    self.domain = domain
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
  }

  public static func == (a: ONNXNode, b: ONNXNode) -> Bool {
    a.operation == b.operation && a.domain == b.domain && a.inputs == b.inputs
      && a.outputs == b.outputs && a.attributes.elementsEqual(b.attributes, by: ==)
  }
}

/// The element types that our models use, with ONNX's numbers.
public enum ONNXElementType: Int32, Sendable {
  case float32 = 1
  case int64 = 7
  case bool = 9
  case float64 = 11
}

/// A constant array, row-major.
public struct ONNXTensor: Equatable, Sendable {
  /// The values with their element type.
  public enum Elements: Equatable, Sendable {
    case float32([Float])
    case float64([Double])
    case int64([Int64])

    var count: Int {
      switch self {
      case .float32(let values): values.count
      case .float64(let values): values.count
      case .int64(let values): values.count
      }
    }

    var type: ONNXElementType {
      switch self {
      case .float32: .float32
      case .float64: .float64
      case .int64: .int64
      }
    }

    /// Little-endian, as the format prescribes.
    var bytes: [UInt8] {
      func bytes<Word: FixedWidthInteger>(_ words: some Collection<Word>) -> [UInt8] {
        words.flatMap { word in
          (0..<Word.bitWidth / 8).map { UInt8(truncatingIfNeeded: word >> Word(8 * $0)) }
        }
      }
      return switch self {
      case .float32(let values): bytes(values.map(\.bitPattern))
      case .float64(let values): bytes(values.map(\.bitPattern))
      case .int64(let values): bytes(values)
      }
    }
  }

  /// Its name; empty for the value of an attribute.
  public var name: String
  /// Sizes of the dimensions, outermost first; none for a single number.
  public var shape: [Int]
  /// The values.
  public var elements: Elements

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
