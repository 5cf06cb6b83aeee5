import Glibc
import JSON

/// A JSON file of `Tests/Fixtures/evaluation`.
func evaluationFixture(_ name: String, from testFile: String = #filePath) throws -> JSONValue {
  let folder = testFile.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
    .joined(separator: "/")
  let path = "\(folder)/Fixtures/evaluation/\(name)"
  guard let file = unsafe fopen(path, "r") else {
    throw JSONError(line: 0, column: 0, reason: path)
  }
  defer { unsafe _ = fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = unsafe fread(&buffer, 1, buffer.count, file)
    if count == 0 { break }
    bytes += buffer[..<count]
  }
  return try JSONValue(parsing: bytes)
}

extension JSONValue {
  /// The numbers of an array.
  var numbers: [Double] { arrayValue?.compactMap(\.doubleValue) ?? [] }
}
