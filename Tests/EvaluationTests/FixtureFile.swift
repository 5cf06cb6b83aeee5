import Files
import JSON

/// A JSON file of `Tests/Fixtures/evaluation`.
func evaluationFixture(_ name: String, from testFile: String = #filePath) throws -> JSONValue {
  let folder = testFile.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
    .joined(separator: "/")
  let path = "\(folder)/Fixtures/evaluation/\(name)"
  return try JSONValue(parsing: FileSystem.read(path))
}

extension JSONValue {
  /// The numbers of an array.
  var numbers: [Double] { arrayValue?.compactMap(\.doubleValue) ?? [] }
}
