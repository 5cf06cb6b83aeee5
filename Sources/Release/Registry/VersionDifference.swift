import Files
public import JSON

/// What differs between two versions: their files, and the values in the documents that both have.
public struct VersionDifference: Equatable, Sendable {
  /// One value that differs.
  public struct Change: Equatable, Sendable {
    /// The document, such as `metrics.json`.
    public let document: String
    /// The place in it: members and indices joined by dots.
    public let path: String
    /// The value in the first version; `nil` when it has none there.
    public let first: JSONValue?
    /// The value in the second version; `nil` when it has none there.
    public let second: JSONValue?
  }

  /// Files that only the first version has.
  public let onlyInFirst: [String]
  /// Files that only the second version has.
  public let onlyInSecond: [String]
  /// Files that both have with different content.
  public let changedFiles: [String]
  /// Values that differ in the documents among them.
  public let changes: [Change]

  /// The difference as a JSON object.
  public var json: JSONValue {
    func list(_ names: [String]) -> JSONValue { .array(names.map { .string($0) }) }
    return [
      "only_in_first": list(onlyInFirst), "only_in_second": list(onlyInSecond),
      "changed_files": list(changedFiles),
      "changes": .array(
        changes.map {
          [
            "document": .string($0.document), "path": .string($0.path),
            "first": $0.first ?? .null, "second": $0.second ?? .null,
          ]
        }),
    ]
  }
}

extension Registry {
  /// Compares two versions, of one model or of two.
  ///
  /// Of the documents, `model.json`, `metrics.json` and `lineage.json` are compared value by value: parameters, figures
  /// with their intervals, features and data. A value that is an array of plain values is compared as a whole.
  ///
  /// - Throws: `RegistryError`, also when one of them is damaged.
  public func difference(
    _ first: ModelReference, _ second: ModelReference
  ) throws(RegistryError) -> VersionDifference {
    let folders = [try resolve(first), try resolve(second)]
    return try RegistryError.wrapping {
      let digests = try folders.map { version in
        try checkIntact(version.name, version.version)
        let sums = try ContentSums(ofFilesIn: version.folder, name: version.name)
        return Dictionary(
          sums.entries.map { ($0.path, $0.digest) }, uniquingKeysWith: { $1 })
      }
      let common = Set(digests[0].keys).intersection(digests[1].keys)
      let changed = common.filter { digests[0][$0] != digests[1][$0] }.sorted()
      var changes: [VersionDifference.Change] = []
      for document in ["model.json", "metrics.json", "lineage.json"]
      where changed.contains(document) {
        let values = try folders.map { version in
          let bytes = try FileSystem.read("\(version.folder)/\(document)")
          guard let value = try? JSONValue(parsing: bytes) else {
            throw RegistryError.damagedVersion(
              version.name, version.version, findings: ["\(document) is not JSON"])
          }
          return flattened(value)
        }
        let places = values[0].map(\.path) + values[1].map(\.path)
        let lookups = values.map { Dictionary($0, uniquingKeysWith: { $1 }) }
        var seen: Set<String> = []
        for path in places where seen.insert(path).inserted {
          guard lookups[0][path] != lookups[1][path] else { continue }
          changes.append(
            .init(
              document: document, path: path, first: lookups[0][path], second: lookups[1][path]))
        }
      }
      return VersionDifference(
        onlyInFirst: digests[0].keys.filter { digests[1][$0] == nil }.sorted(),
        onlyInSecond: digests[1].keys.filter { digests[0][$0] == nil }.sorted(),
        changedFiles: changed, changes: changes)
    }
  }
}

/// The plain values of a document with their places, in document order.
private func flattened(_ value: JSONValue) -> [(path: String, value: JSONValue)] {
  var result: [(path: String, value: JSONValue)] = []
  func visit(_ value: JSONValue, _ path: String) {
    let prefix = path.isEmpty ? "" : path + "."
    if let object = value.objectValue, !object.members.isEmpty {
      for member in object.members { visit(member.value, prefix + member.key) }
    } else if let elements = value.arrayValue, elements.contains(where: { $0.objectValue != nil }) {
      for (index, element) in elements.enumerated() { visit(element, "\(prefix)\(index)") }
    } else {
      result.append((path, value))
    }
  }
  visit(value, "")
  return result
}
