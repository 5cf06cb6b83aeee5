import JSON
import Support
import Testing

/// The main job from a real PostgreSQL server.
@Suite(.enabled(if: ThrowawayPostgreSQL.isWanted)) struct PostgreSQLJobTests {
  private let server: ThrowawayPostgreSQL
  private let url: String

  init() throws {
    server = try ThrowawayPostgreSQL.shared.get()
    url = server.url(try server.makeDatabase())
  }

  @Test func `the same rows give the same snapshot and the same versions as SQLite`() throws {
    let embedded = try Laboratory.withTransactions()
    let expected = try embedded.run(["retrain", "--json"]).json()

    let laboratory = try Laboratory()
    let environment = ["DATABASE_URL=\(url)"]
    for command in [
      ["db", "init"],
      ["generate", "--users", "250", "--days", "36", "--seed", "11", "--difficulty", "0"],
    ] {
      let ending = try laboratory.run(command, environment: environment)
      try #require(ending.exitCode == 0, "\(ending.errorOutput)")
      #expect(!ending.output.contains(server.password))
    }
    let ending = try laboratory.run(["retrain", "--json"], environment: environment)
    try #require(ending.exitCode == 0, "\(ending.errorOutput)")
    let found = try ending.json()
    #expect(found["snapshot"] == expected["snapshot"])
    func headlines(_ document: JSONValue) -> [JSONValue?] {
      document["models"]?.arrayValue?.first?["versions"]?.arrayValue?.map { $0["headline"] } ?? []
    }
    #expect(headlines(found).count == 2)
    #expect(headlines(found) == headlines(expected))
    let again = try laboratory.run(["retrain", "--json"], environment: environment).json()
    #expect(again["models"]?.arrayValue?.first?["action"]?.stringValue == "unchanged")
  }

  @Test func `a wrong password ends with code 4 and is not shown`() throws {
    let laboratory = try Laboratory()
    let wrong = url.replacing(server.password, with: "hunter2")
    let ending = try laboratory.run(["pull", "--source", wrong])
    #expect(ending.exitCode == 4, "\(ending.errorOutput)")
    #expect(!ending.errorOutput.contains("hunter2"))
  }

  @Test func `storage that is full ends a pull with code 7, and the last snapshot stays`() throws {
    let laboratory = try Laboratory()
    let environment = ["DATABASE_URL=\(url)"]
    func run(_ arguments: [String], fileSizeLimit: Int? = nil) throws -> Laboratory.Ending {
      try laboratory.run(arguments, environment: environment, fileSizeLimit: fileSizeLimit)
    }
    func snapshots() throws -> [String: [UInt8]] {
      // The lock holds the number of the last process.
      try laboratory.contents(of: "var/snapshots").filter { !$0.key.hasSuffix(".lock") }
    }
    for command in [["db", "init"], ["generate", "--users", "250", "--days", "9"], ["pull"]] {
      let ending = try run(command)
      try #require(ending.exitCode == 0, "\(ending.errorOutput)")
    }
    let before = try snapshots()
    let more = try run(["generate", "--users", "250", "--days", "12"])
    try #require(more.exitCode == 0, "\(more.errorOutput)")

    let ending = try run(["pull", "--full"], fileSizeLimit: 50_000)
    #expect(ending.exitCode == 7 && ending.signal == 0, "\(ending.errorOutput)")
    #expect(ending.errorOutput.contains("was not written"), "\(ending.errorOutput)")
    #expect(try snapshots() == before)
    #expect(try run(["snapshots", "verify"]).exitCode == 0)

    let next = try run(["pull"])
    #expect(next.exitCode == 0, "\(next.errorOutput)")
    #expect(try snapshots().count > before.count)
  }
}
