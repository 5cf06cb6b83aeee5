import Files
import Glibc
import HTTPTestKit
import JSON
import Registry
import Testing

/// Versions that the registry vouches for and that are still nothing to serve.
struct ReloadFaultTests {
  struct Stranger: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// Part of the reason that is given.
    let reason: String
    /// Turns the files of a good version into those of the stranger.
    let change: @Sendable (inout [String: [UInt8]]) -> Void
  }

  private static func text(
    _ old: String, _ new: String
  ) -> @Sendable (inout [String: [UInt8]]) -> Void {
    { files in
      let text = String(decoding: files["model.json"] ?? [], as: UTF8.self)
      let rest = Array(text.split(separator: "\n").dropFirst(2).joined(separator: "\n").utf8)
      let changed = Array(String(decoding: rest, as: UTF8.self).replacing(old, with: new).utf8)
      // The document tells its own checksum, so that only what it says is strange.
      let sum = SHA256.digest(of: changed).hexadecimal
      files["model.json"] = Array("{\n  \"checksum\": \"\(sum)\",\n".utf8) + changed
    }
  }

  static let strangers = [
    Stranger(
      testDescription: "a later format", reason: "format",
      change: text("anomalyze-model/2", "anomalyze-model/99")),
    Stranger(
      testDescription: "another kind of detector", reason: "kind",
      change: text("\"isolation_forest\"", "\"gradient_boosting\"")),
    Stranger(
      testDescription: "a model over a table", reason: "transactions",
      change: { files in
        text("anomalyze-model/2", "anomalyze-table-model/1")(&files)
        text("\"features\":", "\"unread\":")(&files)
      }),
    Stranger(
      testDescription: "a pickle", reason: "model.json",
      change: { $0["model.json"] = [0x80, 0x04, 0x95] + Array("sklearn.ensemble".utf8) }),
    Stranger(
      testDescription: "an ONNX graph alone", reason: "model.json",
      change: { $0 = ["model.onnx": Array("\u{8}\u{9}onnx".utf8)] }),
    Stranger(
      testDescription: "tensors that claim a header of exabytes", reason: "model.safetensors",
      change: { files in
        files["model.safetensors"] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x7B]
      }),
  ]

  /// Registers a champion, then a second version with other files.
  private static func make(
    _ fill: (borrowing StagedDirectory, [String: [UInt8]]) throws -> Void
  ) throws -> (live: LiveServer, registry: RegistryFixture, second: Int) {
    let folder = ScratchFolder()
    let fixture = RegistryFixture(root: folder.path + "/registry")
    let first = try fixture.register(seed: 1, alias: "champion")
    let path = RegistryLayout(root: fixture.root).versionFolder("fraud", first)
    var files: [String: [UInt8]] = [:]
    for file in ["model.json", "model.safetensors", "golden.json", "feature-state.safetensors"]
    where FileSystem.exists("\(path)/\(file)") {
      files[file] = try FileSystem.read("\(path)/\(file)")
    }
    let live = try LiveServer(folder: folder)
    let second = try Registry(root: fixture.root).register(
      name: "fraud", by: "tests", at: RegistryFixture.moment
    ) { staged in try fill(staged, files) }
    return (live, fixture, second.version)
  }

  private static func expectRefusal(
    of made: (live: LiveServer, registry: RegistryFixture, second: Int), because reason: String
  ) throws {
    let client = try made.live.client()
    try made.registry.link("champion", to: made.second)
    #expect(try client.request("POST", "/admin/reload", body: []).status == 409)
    #expect(
      try client.request("POST", "/score", json: event()).header("X-Model-Version") == "fraud/1")
    let warnings = try client.request("GET", "/health/ready").json()["warnings"]?.arrayValue ?? []
    #expect(warnings.count == 1)
    #expect(warnings.first?.stringValue?.contains(reason) == true, "\(warnings)")
  }

  @Test(arguments: strangers)
  func `a foreign model is refused at reload and the last good one goes on`(
    _ stranger: Stranger
  ) throws {
    try Self.expectRefusal(
      of: Self.make { staged, files in
        var files = files
        stranger.change(&files)
        for (name, bytes) in files { try staged.write(bytes, to: name) }
      }, because: stranger.reason)
  }

  @Test func `a huge model is refused at reload without being read into memory`() throws {
    let made = try Self.make { staged, files in
      for (name, bytes) in files { try staged.write(bytes, to: name) }
      // The tensors of the good model, then nothing for 1.25 GiB.
      #expect(unsafe truncate("\(staged.path)/model.safetensors", 5 << 28) == 0)
    }
    let before = try Self.privateMemory()
    try Self.expectRefusal(of: made, because: "larger")
    #expect(try Self.privateMemory() - before < 256 << 20)
  }

  /// Bytes of private memory that this process has in use.
  private static func privateMemory() throws -> Int {
    let lines = try FileSystem.readText("/proc/self/status").split(separator: "\n")
    let line = try #require(lines.first { $0.hasPrefix("RssAnon:") })
    return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1])) << 10
  }
}
