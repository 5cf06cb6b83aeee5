import Files
import JSON
import Registry
import Synchronization
import Transactions

/// A folder for one test, removed when dropped.
struct Scratch: ~Copyable {
  private static let counter = Atomic(0)
  let root: String

  init(_ name: String = #function) throws {
    let number = Self.counter.add(1, ordering: .relaxed).newValue
    let safe = String(name.filter { $0.isLetter }.prefix(40))
    root = "/tmp/anomalyze-registry-\(ProcessIdentity.current)-\(number)-\(safe)"
    try FileSystem.removeTree(root)
    try FileSystem.createDirectory(root)
  }

  deinit { try? FileSystem.removeTree(root) }

  func registry(
    _ access: Registry.Access = .readWrite
  ) throws -> Registry {
    try Registry(root: root + "/artifacts", access: access)
  }

  var layout: RegistryLayout { RegistryLayout(root: root + "/artifacts") }
}

/// Moments of tests: a fixed day plus minutes.
func minute(_ count: Int64) -> Timestamp {
  Timestamp(seconds: 1_772_323_200 + 60 * count)
}

extension Registry {
  /// Registers a small version whose content is `text`.
  @discardableResult
  func registerSample(
    _ text: String, name: String = "fraud", parent: Int? = nil, tags: [String: String] = [:],
    at moment: Timestamp = minute(0)
  ) throws -> Registration {
    try register(name: name, parent: parent, tags: tags, by: "trainer", at: moment) { staged in
      try staged.write(Array("{\"content\":\"\(text)\"}\n".utf8), to: "model.json")
      try staged.write(Array(repeating: UInt8(text.utf8.count), count: 4_096), to: "model.bin")
      try staged.write(Array("<svg/>".utf8), to: "plots/curve.svg")
    }
  }

  /// Moves the champion without conditions.
  @discardableResult
  func crown(
    _ version: Int, of name: String = "fraud", expecting sequence: Int? = nil,
    at moment: Timestamp = minute(1)
  ) throws -> AliasChange {
    try setAlias(
      "champion", of: name, to: version, by: "officer", reason: "test", expecting: sequence,
      at: moment)
  }
}
