import Files
import JSON
import Subprocess
import Terminal
import Testing

/// A Python that has pyarrow (`pip install pyarrow`): the one that is named, or Debian's.
private enum ArrowPython {
  static let path: String? = {
    let named = Terminal.environment("ANOMALYZE_PYTHON")
    return [named, "/usr/bin/python3"].compactMap { $0 }.first { path in
      let probe = Subprocess(
        path: path, arguments: ["-c", "import pyarrow"],
        environment: ["PATH=/usr/bin:/bin", "HOME=/tmp"])
      return (try? probe.run())?.exitCode == 0
    }
  }()
}

/// Parquet files as shards, read by pyarrow on the worker's side.
@Suite struct ShardParquetTests {
  static func variables(_ python: String) -> [String] {
    let here = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return [
      "ANOMALYZE_PYTHON=\(python)", "HOME=/tmp",
      "ANOMALYZE_ENGINES=/\(here)/Sources/Programs/scripts/engines",
    ]
  }

  private static func fit(
    _ rows: String, _ laboratory: Laboratory, _ python: String, _ columns: String = "a,b,c"
  ) throws -> Laboratory.Ending {
    try ShardCommandTests.fit(
      rows, laboratory, to: "model", ["--engine", "local", "--columns", columns],
      environment: variables(python))
  }

  @Test(.enabled(if: ArrowPython.path != nil))
  func `Parquet files give the model and the scores of the same rows in CSV`() throws {
    let python = try #require(ArrowPython.path)
    let laboratory = try ShardCommandTests.withFiles()
    // Small groups and all the types that numbers come in; b is exact in single precision.
    try laboratory.write(
      """
      import decimal, glob, os
      import pyarrow as pa, pyarrow.csv, pyarrow.parquet
      os.mkdir("arrow")
      for path in glob.glob("parts/*.csv"):
          table = pa.csv.read_csv(path)
          text = [decimal.Decimal(value) / 1000 * 1000 for value in table["c"].to_pylist()]
          table = table.set_column(2, "b", table["b"].cast(pa.float32()))
          table = table.set_column(3, "c", pa.array(text, pa.decimal128(20, 6)))
          table = table.append_column("note", pa.array(["x"] * len(table)))
          name = "arrow/" + os.path.basename(path)[:-4] + ".parquet"
          pa.parquet.write_table(table, name, row_group_size=100, compression="zstd")
      """, to: "convert.py")
    try laboratory.shell("'\(python)' convert.py")
    let expected = try ShardCommandTests.fit(
      "all.csv", laboratory, to: "one", ["--engine", "local"])
    let found = try Self.fit("arrow", laboratory, python)
    try #require(found.exitCode == 0, "\(found.errorOutput)")
    #expect(try found.json()["digest"] == expected.json()["digest"])
    #expect(try found.json()["rows"] == 3_000)
    for (rows, file) in [("all.csv", "csv.csv"), ("arrow", "arrow.csv")] {
      let scored = try laboratory.run(
        ["score", "one", "--csv", rows, "--key", "tx_id", "--engine", "local", "--out", file],
        environment: Self.variables(python))
      try #require(scored.exitCode == 0, "\(scored.errorOutput)")
    }
    #expect(
      try FileSystem.read("\(laboratory.folder)/csv.csv")
        == FileSystem.read("\(laboratory.folder)/arrow.csv"))

    let text = try Self.fit("arrow", laboratory, python, "a,note")
    #expect(text.exitCode == 3, "\(text.errorOutput)")
    #expect(text.errorOutput.contains("column note"))
    let unknown = try Self.fit("arrow", laboratory, python, "a,z")
    #expect(unknown.exitCode == 3 && unknown.errorOutput.contains("no column z"))
    try laboratory.shell("printf PAR1 >arrow/3.parquet")
    let cut = try Self.fit("arrow", laboratory, python)
    #expect(cut.exitCode == 4, "\(cut.errorOutput)")
    #expect(cut.errorOutput.contains("shard 00003"))
  }

  @Test func `Parquet without pyarrow is told with what to install`() throws {
    let laboratory = try Laboratory()
    try laboratory.write("PAR1", to: "rows.parquet")
    // A Python without its site packages.
    try laboratory.write("#!/bin/sh\nexec /usr/bin/python3 -S \"$@\"\n", to: "python")
    try laboratory.shell("chmod +x python")
    let ending = try Self.fit("rows.parquet", laboratory, "\(laboratory.folder)/python")
    #expect(ending.exitCode == 2, "\(ending.errorOutput)")
    #expect(ending.errorOutput.contains("pip install pyarrow"))
    let bare = try laboratory.run(["fit", "rows.parquet", "--out", "model"])
    #expect(bare.exitCode == 2 && bare.errorOutput.contains("--columns"))
  }
}
