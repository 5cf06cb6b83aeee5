import Files
import JSON
import Testing

/// What a worker has in memory: pieces of its rows, however many there are.
@Suite struct ShardMemoryTests {
  @Test func `a worker's memory does not grow with the part of a snapshot that it reads`() throws {
    let laboratory = try Laboratory()
    try laboratory.succeed("generate", "--users", "1300", "--days", "60", "--seed", "2")
    try laboratory.succeed("pull")
    let collection = "\(laboratory.folder)/var/snapshots"
    let digest = try #require(
      try FileSystem.contents(ofDirectory: collection).first { !$0.hasPrefix(".") })
    let manifest = try JSONValue(
      parsing: FileSystem.read("\(collection)/\(digest)/manifest.json"))
    let rowCount = try #require(manifest["rows"]?.integerValue)
    #expect(manifest["parts"]?.arrayValue?.count == 1)
    #expect(rowCount > 140_000)
    try laboratory.write(
      """
      {"format": "anomalyze-shard-plan/1", "features": ["amount", "night"], "rules": [],
       "period": [0, 4000000000000000], "sample": {"seed": "1", "capacity": 256}}
      """, to: "sample.json")
    try laboratory.write(
      #"{"format": "anomalyze-shard-plan/1", "amounts_by": "merchant"}"#, to: "moments.json")
    func peak(_ question: String, _ rows: Int64) throws -> Int64 {
      try laboratory.write(
        #"{"name": "a", "snapshot": "\#(collection)/\#(digest)", "rows": [0, \#(rows)]}"#,
        to: "shard.json")
      let ending = try laboratory.run([
        "shard", question, "--plan", "\(question).json", "--shard", "shard.json", "--out", "out",
        "--json",
      ])
      try #require(ending.exitCode == 0, "\(ending.errorOutput)")
      return try #require(try ending.json()["peak_bytes"]?.integerValue)
    }
    for question in ["sample", "moments"] {
      let few = try peak(question, 100)
      let all = try peak(question, rowCount)
      #expect(few > 1 << 20)
      // The part has more than 12 MiB as a file alone.
      #expect(all - few < 12 << 20, "\(question): \(few) to \(all) bytes")
      #expect(all < 256 << 20, "\(question)")
    }
  }
}
