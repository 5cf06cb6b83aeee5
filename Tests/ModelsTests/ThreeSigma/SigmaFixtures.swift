import Foundation
import JSON

/// The recorded answers of the peers, made by `Tests/Fixtures/sigma/make_….py`.
enum SigmaFixtures {
  static func load(_ name: String, from file: String = #filePath) throws -> JSONValue {
    let root = URL(filePath: file).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let data = try Data(contentsOf: root.appending(path: "Fixtures/sigma/\(name)"))
    return try JSONValue(parsing: Array(data))
  }
}

extension JSONValue {
  func double(_ key: String) -> Double { self[key]?.doubleValue ?? .nan }
  func doubles(_ key: String) -> [Double] {
    (self[key]?.arrayValue ?? []).map { $0.doubleValue ?? .nan }
  }
  func list(_ key: String) -> [JSONValue] { self[key]?.arrayValue ?? [] }
}
