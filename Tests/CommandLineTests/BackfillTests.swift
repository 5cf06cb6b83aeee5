import Files
import Testing

/// The weekly job as of past days, by the real program.
@Suite struct BackfillTests {
  @Test
  func `days trained side by side give the versions, aliases and figures of one after another`()
    throws
  {
    let laboratory = try Laboratory()
    try laboratory.succeed(
      "generate", "--users", "80", "--days", "41", "--seed", "11", "--difficulty", "0")
    try laboratory.succeed("pull")
    // The first day is too early for any model: its run fails, and the others go on.
    func backfill(_ folder: String, jobs: String) throws -> String {
      try laboratory.succeed(
        "backfill", "--first", "2026-02-03", "--every", "3d", "--jobs", jobs, "--out", folder
      )
      .replacing(folder, with: "FOLDER")
    }
    let told = try backfill("alone-1", jobs: "1")
    #expect(told.contains("2026-02-03  failed") && told.contains("promoted"))
    #expect(try backfill("beside-3", jobs: "3") == told)
    func contents(_ folder: String, _ part: String) throws -> [String: [UInt8]] {
      let root = "\(laboratory.folder)/\(folder)"
      return Dictionary(
        uniqueKeysWithValues: try laboratory.contents(of: "\(folder)/\(part)").map {
          ($0.key.replacing(root, with: ""), $0.value)
        })
    }
    let expected = try contents("alone-1", "registry/models")
    #expect(expected.count > 40)
    #expect(try contents("beside-3", "registry/models") == expected)
    #expect(!FileSystem.exists("\(laboratory.folder)/three/training"))
    func audit(_ folder: String) throws -> String {
      try laboratory.write(
        Laboratory.configuration + "\nregistry: \(folder)/registry\n", to: "\(folder).yaml")
      return try laboratory.succeed("audit", "show", "--config", "\(folder).yaml", "--json")
        .replacing(folder, with: "FOLDER")
    }
    #expect(try audit("beside-3") == audit("alone-1"))
  }
}
