extension JSONReader {
  /// Reads any value; without recursion, so that no text can exhaust the stack.
  public mutating func readValue() throws(JSONError) -> JSONValue {
    var open = OpenContainers()
    while true {
      var value: JSONValue
      switch try kind() {
      case .null:
        try readNull()
        value = .null
      case .bool: value = .bool(try readBool())
      case .number:
        switch try readNumber() {
        case .integer(let number): value = .integer(number)
        case .number(let number): value = .number(number)
        }
      case .string: value = .string(try readString())
      case .array:
        guard open.depth < JSONReader.depthLimit else { throw failure("nested too deeply") }
        try beginArray()
        if try nextElement() {
          open.beginArray()
          continue
        }
        value = .array([])
      case .object:
        guard open.depth < JSONReader.depthLimit else { throw failure("nested too deeply") }
        try beginObject()
        if let key = try nextKey() {
          open.beginObject(key)
          continue
        }
        value = .object(JSONObject())
      }
      // The value goes into its container, which may be complete with it, and so on outwards.
      while true {
        guard open.depth > 0 else { return value }
        if open.isInObject {
          open.add(member: value)
          if let key = try nextKey() {
            guard open.begin(member: key) else { throw failure("a key occurs twice") }
            break
          }
          value = open.endObject()
        } else {
          open.add(element: value)
          if try nextElement() { break }
          value = open.endArray()
        }
      }
    }
  }

  /// Passes over any value, which is checked like one that is read, but for keys that occur twice.
  public mutating func skipValue() throws(JSONError) {
    var isObject: [Bool] = []
    repeat {
      if let inObject = isObject.last {
        let hasMore = inObject ? try nextKey() != nil : try nextElement()
        guard hasMore else {
          isObject.removeLast()
          continue
        }
      }
      switch try kind() {
      case .null: try readNull()
      case .bool: _ = try readBool()
      case .number: _ = try readDouble()
      case .string: _ = try readString()
      case .array:
        try beginArray()
        isObject.append(false)
      case .object:
        try beginObject()
        isObject.append(true)
      }
      guard isObject.count <= JSONReader.depthLimit else { throw failure("nested too deeply") }
    } while !isObject.isEmpty
  }
}

/// The arrays and objects that have begun and not ended, the innermost last.
private struct OpenContainers {
  private var kinds: [Bool] = []
  private var arrays: [[JSONValue]] = []
  private var objects: [(object: JSONObject, key: String, keys: KeyList)] = []

  var depth: Int { kinds.count }
  var isInObject: Bool { kinds[kinds.count - 1] }

  mutating func beginArray() {
    kinds.append(false)
    arrays.append([])
  }

  mutating func beginObject(_ key: String) {
    kinds.append(true)
    objects.append((JSONObject(), key, KeyList(key)))
  }

  mutating func add(element: JSONValue) { arrays[arrays.count - 1].append(element) }

  mutating func add(member: JSONValue) {
    let last = objects.count - 1
    objects[last].object.appendUnique(objects[last].key, member)
  }

  /// False when the object has that key already.
  mutating func begin(member key: String) -> Bool {
    let last = objects.count - 1
    objects[last].key = key
    return objects[last].keys.insert(key)
  }

  mutating func endArray() -> JSONValue {
    kinds.removeLast()
    return .array(arrays.removeLast())
  }

  mutating func endObject() -> JSONValue {
    kinds.removeLast()
    return .object(objects.removeLast().object)
  }
}

/// The keys of an object: a short list is searched, a long one gets a table.
private struct KeyList {
  private var list: [String]
  private var table: Set<String> = []

  init(_ key: String) { list = [key] }

  /// False when the key was there already.
  mutating func insert(_ key: String) -> Bool {
    if list.count < 16 {
      guard !list.contains(key) else { return false }
      list.append(key)
      return true
    }
    if table.isEmpty { table = Set(list) }
    return table.insert(key).inserted
  }
}
