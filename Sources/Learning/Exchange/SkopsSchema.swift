internal import JSON

/// Writes the description of Python objects that skops reads (protocol 2), collecting their arrays on the way.
struct SkopsSchema {
  /// The arrays by file name.
  private(set) var files: [(name: String, bytes: [UInt8])] = []
  private var objectCount: Int64 = 0

  /// A description of kind `loader`; every object has a number of its own.
  private mutating func node(
    _ loader: String, _ type: String, module: String = "builtins",
    _ members: [(String, JSONValue)]
  ) -> JSONValue {
    objectCount += 1
    var object: JSONObject = [
      "__class__": .string(type), "__module__": .string(module), "__loader__": .string(loader),
    ]
    for (key, value) in members { object[key] = value }
    object["__id__"] = .integer(objectCount)
    return .object(object)
  }

  mutating func plain(_ value: JSONValue) -> JSONValue {
    node("JsonNode", "str", [("content", .string(value.text())), ("is_json", true)])
  }

  mutating func array(_ bytes: [UInt8]) -> JSONValue {
    let name = "\(objectCount + 1).npy"
    files.append((name, bytes))
    return node(
      "NdArrayNode", "ndarray", module: "numpy", [("type", "numpy"), ("file", .string(name))])
  }

  mutating func list(_ elements: [JSONValue]) -> JSONValue {
    node("ListNode", "list", [("content", .array(elements))])
  }

  mutating func tuple(_ elements: [JSONValue]) -> JSONValue {
    node("TupleNode", "tuple", [("content", .array(elements))])
  }

  mutating func dictionary(_ members: [(key: String, value: JSONValue)]) -> JSONValue {
    let types = members.map { _ in node("TypeNode", "str", []) }
    return node(
      "DictNode", "dict", [("content", .object(JSONObject(members))), ("key_types", list(types))])
  }

  mutating func object(
    _ type: String, module: String, _ attributes: [(key: String, value: JSONValue)]
  ) -> JSONValue {
    node("ObjectNode", type, module: module, [("content", dictionary(attributes))])
  }

  /// scikit-learn's tree: arguments of its constructor and its state.
  mutating func tree(
    arguments: [JSONValue], state: [(key: String, value: JSONValue)]
  ) -> JSONValue {
    node(
      "TreeNode", "Tree", module: "sklearn.tree._tree",
      [("__reduce__", ["args": tuple(arguments)]), ("content", dictionary(state))])
  }
}
