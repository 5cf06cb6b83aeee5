import Files
import Registry
import Testing
import Transactions

/// A folder with registries for one test, removed when dropped.
struct Scratch: ~Copyable {
  let root = "/tmp/anomalyze-distribution-\(UInt64.random(in: 0...UInt64.max))"
  init() throws { try FileSystem.createDirectory(root) }
  deinit { try? FileSystem.removeTree(root) }

  func registry(_ name: String) throws -> Registry { try Registry(root: "\(root)/\(name)") }
}

let moment = Timestamp(seconds: 1_772_323_200)

extension Registry {
  /// Registers a version with a small text, an empty file in a folder, and a file of `byteCount` bytes.
  @discardableResult
  func registerSample(_ text: String, byteCount: Int = 4_096) throws -> Registration {
    try register(
      name: "fraud", tags: ["team": "risk"], description: "the \(text) one", by: "trainer",
      at: moment
    ) { staged in
      try staged.write(Array("{\"content\":\"\(text)\"}".utf8), to: "model.json")
      try staged.write([], to: "plots/curve with space.svg")
      try staged.write(
        (0..<byteCount).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 11) },
        to: "model.safetensors")
    }
  }

  /// Every file of a version with its bytes.
  func contents(of version: Int) throws -> [String: [UInt8]] {
    let folder = layout.versionFolder("fraud", version)
    let paths = try VersionContent(ofFilesIn: folder, name: "fraud").paths + ["SHA256SUMS"]
    return try Dictionary(
      paths.map { ($0, try FileSystem.read("\(folder)/\($0)")) }, uniquingKeysWith: { $1 })
  }
}
