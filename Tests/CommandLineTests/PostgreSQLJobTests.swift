import Dispatch
import Files
import Glibc
import JSON
import PostgreSQL
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

  @Test
  func
    `a server that is restarted in mid-run costs that run, and the next gives the same versions`()
    throws
  {
    // A server of its own, since it will be killed; a view that waits keeps the pull busy until then.
    let server = try ThrowawayPostgreSQL()
    let url = server.url("postgres")
    let laboratory = try Laboratory()
    let environment = ["DATABASE_URL=\(url)"]
    func run(_ arguments: String...) throws -> Laboratory.Ending {
      try laboratory.run(arguments, environment: environment)
    }
    for arguments in [
      ["db", "init"],
      ["generate", "--users", "250", "--days", "36", "--seed", "11", "--difficulty", "0"],
    ] {
      let ending = try laboratory.run(arguments, environment: environment)
      try #require(ending.exitCode == 0, "\(ending.errorOutput)")
    }
    do {
      let connection = try PostgreSQLConnection(url)
      try connection.execute(
        """
        CHECKPOINT;
        ALTER TABLE transactions RENAME TO real_transactions;
        CREATE VIEW transactions AS
          SELECT t.* FROM real_transactions AS t, LATERAL (SELECT pg_sleep(t.amount::float8 * 0 + 0.01)) AS s
        """)
    }
    let crash = DispatchGroup()
    DispatchQueue(label: "crash").async(group: crash) {
      // Whatever goes wrong here shows in how the run ends.
      for _ in 0..<600 {
        let busyCount = try? PostgreSQLConnection(url).query(
          "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY%' AND state = 'active'"
        ).integer(0, 0)
        if let busyCount, busyCount > 0 { break }
        usleep(50_000)
      }
      server.crash()
      try? server.start()
    }
    let cut = try run("retrain")
    crash.wait()
    #expect(cut.exitCode == 4 && cut.signal == 0, "\(cut.output)\(cut.errorOutput)")
    #expect(!cut.errorOutput.contains(server.password))
    #expect(try laboratory.contents(of: "artifacts/models").isEmpty)
    #expect(try run("status").output.contains("failed"))

    try PostgreSQLConnection(url).execute(
      "DROP VIEW transactions; ALTER TABLE real_transactions RENAME TO transactions")
    let next = try run("retrain")
    try #require(next.exitCode == 0, "\(next.errorOutput)")
    let undisturbed = try Laboratory.withTransactions()
    try undisturbed.succeed("retrain")
    for file in ["model.safetensors", "feature-state.safetensors", "golden.json"] {
      let path = "artifacts/models/fraud/1/\(file)"
      #expect(
        try FileSystem.read("\(laboratory.folder)/\(path)")
          == FileSystem.read("\(undisturbed.folder)/\(path)"), "\(file)")
    }
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
