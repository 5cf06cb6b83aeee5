import Files
import JSON
import Testing

/// Every wrong input ends with one clear line and the exit code of its kind, and changes nothing.
@Suite struct BadInputTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let arguments: [String]
    let exitCode: Int32
    let message: String
    var file: String?

    var testDescription: String { arguments.joined(separator: " ") }
  }

  private static let header = "tx_id,time,user_id,amount\n"

  @Test(arguments: [
    Case(arguments: ["trian"], exitCode: 2, message: "did you mean train?"),
    Case(
      arguments: ["generate", "--users", "none"], exitCode: 2,
      message: "--users takes a whole number"),
    Case(arguments: ["import", "missing.csv"], exitCode: 4, message: "cannot read missing.csv"),
    Case(
      arguments: ["import", "input.csv"], exitCode: 3,
      message: "line 2, column amount: expected a decimal number",
      file: header + "1,2,u,4111111111111111 secret\n"),
    Case(
      arguments: ["import", "input.csv", "--map", "user_id=holder"], exitCode: 2,
      message: "has no column holder", file: header + "1,2,u,1\n"),
    Case(arguments: ["import", "input.csv"], exitCode: 3, message: "no rows", file: header),
    Case(arguments: ["pull"], exitCode: 4, message: "transactions.sqlite"),
    Case(
      arguments: ["pull", "--source", "postgresql://u:hunter2@127.0.0.1:1/payments"], exitCode: 4,
      message: "127.0.0.1"),
    Case(arguments: ["pull", "--source", "mysql://x"], exitCode: 2, message: "not a source"),
    Case(arguments: ["pull", "--since", "yesterday"], exitCode: 2, message: "the word last"),
    Case(arguments: ["train"], exitCode: 2, message: "there is no snapshot"),
    Case(arguments: ["train", "other"], exitCode: 2, message: "it has fraud"),
    Case(arguments: ["evaluate", "fraud"], exitCode: 2, message: "train a model first"),
    Case(arguments: ["promote", "fraud", "--version", "0"], exitCode: 2, message: "from 1 to"),
    Case(arguments: ["status", "--config", "none.yaml"], exitCode: 2, message: "none.yaml"),
  ])
  func `wrong input is refused clearly`(input: Case) throws {
    let laboratory = try Laboratory()
    if let text = input.file { try laboratory.write(text, to: "input.csv") }
    let ending = try laboratory.run(input.arguments)
    #expect(ending.exitCode == input.exitCode, "\(ending.errorOutput)")
    #expect(ending.errorOutput.contains(input.message), "\(ending.errorOutput)")
    #expect(ending.errorOutput.split(separator: "\n").count == 1)
    for secret in ["secret", "hunter2", "4111"] { #expect(!ending.errorOutput.contains(secret)) }
    #expect(try laboratory.contents(of: "artifacts/models").isEmpty)
    #expect(!FileSystem.exists(laboratory.folder + "/var/transactions.sqlite"))
  }

  @Test func `an empty table ends with code 3 and makes no snapshot`() throws {
    let laboratory = try Laboratory()
    try laboratory.succeed("db", "init")
    let ending = try laboratory.run(["pull"])
    #expect(ending.exitCode == 3, "\(ending.errorOutput)")
    #expect(ending.errorOutput.contains("has no transactions"))
    #expect(try laboratory.run(["snapshots", "list", "--json"]).json() == [])
  }

  @Test(arguments: [
    ("features: nothing", "there are handbook, standard"), ("modells: []", "unknown key"),
    (
      "features: [amount]\nmodels:\n  - name: fraud\n    detectors: [{kind: forest}]",
      "isolation_forest, gaussian"
    ),
    (
      "features: [amount]\nmodels:\n  - name: fraud\n    detectors: [{kind: isolation_forest, n_estimators: -1}]",
      "n_estimators"
    ),
    (
      "features: [amount]\nmodels: [{name: f, detectors: [{kind: gaussian}]}]\nevaluation: {delay: soon}",
      "a time span"
    ),
    ("features: [amount\n", "did not find expected"),
  ])
  func `a wrong configuration names file, line and key`(text: String, message: String) throws {
    let laboratory = try Laboratory()
    try laboratory.write(text, to: "anomalyze.yaml")
    let ending = try laboratory.run(["train"])
    #expect(ending.exitCode == 2, "\(ending.errorOutput)")
    #expect(ending.errorOutput.contains("anomalyze.yaml"), "\(ending.errorOutput)")
    #expect(ending.errorOutput.contains(message), "\(ending.errorOutput)")
  }

  @Test func `a corrupt version and an unknown alias are refused`() throws {
    let laboratory = try Laboratory.withTransactions()
    try laboratory.succeed("retrain")
    let unknown = try laboratory.run(["models", "show", "fraud@canary"])
    #expect(unknown.exitCode == 2, "\(unknown.errorOutput)")
    #expect(unknown.errorOutput.contains("canary"))

    let champion = try FileSystem.symbolicLinkTarget(
      laboratory.folder + "/artifacts/models/fraud/aliases/champion")
    let version = champion == "../1" ? "2" : "1"
    let path = laboratory.folder + "/artifacts/models/fraud/\(version)/model.safetensors"
    var bytes = try FileSystem.read(path)
    bytes[bytes.count / 2] ^= 1
    try FileSystem.writeAtomically(bytes, to: path)
    let verified = try laboratory.run(["registry", "verify"])
    #expect(verified.exitCode == 7)
    #expect(verified.errorOutput.contains("fraud/\(version)"), "\(verified.errorOutput)")
    #expect(
      try laboratory.run(["promote", "fraud", "--version", version, "--force", "--reason", "x"])
        .exitCode == 7)
  }

  @Test func `an engine that is none is refused before anything runs`() throws {
    let laboratory = try Laboratory.withTransactions()
    let ending = try laboratory.run(["retrain", "--engine", "nonsense"])
    #expect(ending.exitCode == 2, "\(ending.errorOutput)")
    #expect(ending.errorOutput.contains("local, dask, spark or the path of an adapter"))
    #expect(!FileSystem.exists(laboratory.folder + "/var/snapshots"))
    #expect(!FileSystem.exists(laboratory.folder + "/var/runs"))
  }

  @Test func `a second run at the same time is told to wait`() throws {
    let laboratory = try Laboratory.withTransactions()
    let lock = try LockFile(laboratory.folder + "/artifacts/.retrain.lock")
    let ending = try withExtendedLifetime(lock) { try laboratory.run(["retrain"]) }
    #expect(ending.exitCode == 6, "\(ending.errorOutput)")
    #expect(ending.errorOutput.contains("another run"))
  }
}
