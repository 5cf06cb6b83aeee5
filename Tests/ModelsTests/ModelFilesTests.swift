import Features
import Files
import Glibc
import JSON
import Models
import Tabular
import Terminal
import Testing
import Training

/// Damaged, old and foreign model files.
@Suite struct ModelFilesTests {
  private let folder: String

  init() throws {
    var generator = SeededGenerator(seed: 4)
    let matrix = Matrix(rows: (0..<80).map { _ in (0..<2).map { _ in generator.normal() } })
    let forest = try IsolationForestLearner(
      parameters: IsolationForestParameters(treeCount: 2)
    ).fit(matrix, featureNames: ["x", "y"])
    var system = SystemRandomNumberGenerator()
    folder = "/tmp/anomalyze-files-\(getpid())-\(system.next())"
    let staged = try StagedDirectory(destination: folder)
    try TrainedDetector(detector: forest, threshold: 0.6).write(
      to: staged, goldenRows: matrix.selecting(rows: 0..<2))
    try staged.commit(readOnly: false)
  }

  /// Every byte with ANOMALYZE_FUZZ=1; else a hundred, the first and the last ones among them.
  private static func positions(in bytes: [UInt8]) -> [Int] {
    let step = Terminal.environment("ANOMALYZE_FUZZ") == "1" ? 1 : max(1, bytes.count / 60)
    let some = stride(from: 0, to: bytes.count, by: step)
    return Set(some).union(0..<20).union(bytes.count - 20..<bytes.count).sorted()
  }

  private func expectRefusal(_ name: String, _ bytes: [UInt8], _ what: String) throws {
    try FileSystem.writeAtomically(bytes, to: "\(folder)/\(name)")
    do {
      _ = try TrainedDetector(loadingFrom: folder)
      Issue.record("\(name) loads with \(what)")
    } catch is ModelError {
    } catch {
      Issue.record("\(name) with \(what): \(error)")
    }
  }

  @Test(arguments: ["model.json", "model.safetensors", "golden.json"])
  func `a flipped byte anywhere is found`(name: String) throws {
    defer { try? FileSystem.removeTree(folder) }
    let original = try FileSystem.read("\(folder)/\(name)")
    var generator = SeededGenerator(seed: 9)
    for index in Self.positions(in: original) {
      var bytes = original
      bytes[index] ^= UInt8(1 + generator.below(255))
      try expectRefusal(name, bytes, "another byte \(index)")
    }
    try FileSystem.writeAtomically(original, to: "\(folder)/\(name)")
    _ = try TrainedDetector(loadingFrom: folder)
  }

  @Test(arguments: ["model.json", "model.safetensors", "golden.json"])
  func `a file cut at any byte is found`(name: String) throws {
    defer { try? FileSystem.removeTree(folder) }
    let original = try FileSystem.read("\(folder)/\(name)")
    for length in Self.positions(in: original) {
      try expectRefusal(name, Array(original[..<length]), "\(length) bytes")
    }
    try expectRefusal(name, original + [32], "a byte more")
  }

  @Test func `the error names the file and the remedy`() throws {
    defer { try? FileSystem.removeTree(folder) }
    var bytes = try FileSystem.read("\(folder)/model.safetensors")
    bytes[bytes.count - 1] ^= 1
    try FileSystem.writeAtomically(bytes, to: "\(folder)/model.safetensors")
    let error = #expect(throws: ModelError.self) { try TrainedDetector(loadingFrom: folder) }
    let text = error?.description ?? ""
    #expect(text.contains("\(folder)/model.safetensors") && text.contains("checksum"))
    #expect(text.contains("restore it"))
  }

  @Test func `a model over a table is not taken for one over transactions`() throws {
    defer { try? FileSystem.removeTree(folder) }
    let error = #expect(throws: ModelError.self) { try ScoringModel(loadingFrom: folder) }
    #expect(error?.description.contains("not a model over transactions") == true)
  }

  /// A folder that the program wrote before `model.json` had checksums.
  static var sampleOfFormat1: String {
    let root = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return "/\(root)/Fixtures/models/anomalyze-model-1"
  }

  @Test func `the format before still loads and gives its golden scores`() throws {
    let model = try ScoringModel(loadingFrom: Self.sampleOfFormat1)
    #expect(model.features.names == ["amount", "weekend", "night"])
    #expect(model.threshold == 0.6)
    #expect(try model.assess([0, 0, 0]).score > 0)
  }

  @Test func `wrong golden scores are found where no checksum is`() throws {
    defer { try? FileSystem.removeTree(folder) }
    try FileSystem.removeTree(folder)
    let staged = try StagedDirectory(destination: folder)
    for name in ["model.json", "model.safetensors"] {
      try staged.write(FileSystem.read("\(Self.sampleOfFormat1)/\(name)"), to: name)
    }
    let golden: JSONValue = ["features": [[0, 0, 0]], "scores": [0.123]]
    try staged.write(golden.bytes(), to: "golden.json")
    try staged.commit(readOnly: false)
    let error = #expect(throws: ModelError.self) { try ScoringModel(loadingFrom: folder) }
    #expect(error?.description.contains("golden row 0") == true)
  }
}
