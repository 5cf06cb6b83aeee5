import Files
import JSON
import Testing

/// Versions that travel between registries on the command line.
@Suite struct TransferCommandTests {
  @Test func `a version travels as one file to another registry`() throws {
    let source = try Laboratory.withTransactions()
    try source.succeed("retrain")
    let shown = try source.run(["models", "show", "fraud@champion", "--json"]).json()
    let digest = try #require(shown["version"]?["digest"]?.stringValue)
    let path = source.folder + "/fraud.tar.zst"
    try source.succeed("models", "export", "fraud@champion", path)
    try source.shell(
      "tar --zstd -xf fraud.tar.zst && cd files && sha256sum --check --quiet SHA256SUMS")

    let target = try Laboratory()
    let imported = try target.run(["models", "import", path, "--expect", digest, "--json"])
    #expect(imported.exitCode == 0, "\(imported.errorOutput)")
    #expect(try imported.json()["digest"] == .string(digest))
    try target.succeed("registry", "verify")
    try target.succeed("models", "export", "fraud/1", target.folder + "/copy")
    let folder = ["models", "import", target.folder + "/copy"]
    #expect(try target.run(folder).exitCode == 2)
    #expect(
      try target.run(folder + ["--as", "second", "--json"]).json()["digest"] == .string(digest))
    let other = try target.run(["models", "import", path, "--expect", "00"])
    #expect(
      other.exitCode == 7 && other.errorOutput.contains("its digest is"), "\(other.errorOutput)")
  }

  @Test func `a remote store needs an address, credentials and an answer`() throws {
    let laboratory = try Laboratory()
    let keys = ["AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=hunter2"]
    #expect(try laboratory.run(["models", "remote", "s3://models"]).exitCode == 2)
    #expect(
      try laboratory.run(["models", "remote", "ftp://models"], environment: keys).exitCode == 2)
    let gone = try laboratory.run(
      ["models", "remote", "s3://models"],
      environment: keys + ["AWS_ENDPOINT_URL=http://127.0.0.1:1"])
    #expect(gone.exitCode == 4, "\(gone.errorOutput)")
    #expect(!gone.errorOutput.contains("hunter2"))
  }
}
