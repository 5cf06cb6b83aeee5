internal import Ingestion
internal import Subprocess
internal import Transactions

/// Rows of a Parquet file, which pyarrow reads on the worker's machine and hands over as CSV through a pipe.
///
/// Debian has no library of Parquet to link against; every engine's machines have a Python, and its pyarrow reads the format
/// with all its encodings.
struct ParquetRows {
  let path: String

  /// Lends the rows with their keys, batch by batch; the same rows as of a CSV file with the same texts.
  ///
  /// - Throws: `IngestionError` when there is no pyarrow or the file cannot be read; and what `body` throws.
  func forEachBatch(
    columns: [String], key: String?, _ body: (KeyedRows) throws -> Void
  ) throws {
    var process = Subprocess(
      path: try ShardEngine.pythonPath(),
      arguments: [try ShardEngine.scriptPath("shard_task.py"), "rows", path, key ?? ""] + columns)
    process.environment = ShardEngine.environment
    let (result, outcome) = try process.streaming { pipe in
      try CSVNumberReader(path: pipe, columns: columns, key: key).forEachBatch(body)
    }
    let lines = String(decoding: outcome.errorOutput, as: UTF8.self).split(separator: "\n")
    let reason = lines.last.map(String.init) ?? "its reader ended without a message"
    switch outcome.exitCode {
    case 2: throw IngestionError.malformedSource(reason: reason)
    case 3: throw IngestionError.malformedInput(source: path, row: "its columns", reason: reason)
    case 4: throw IngestionError.sourceUnavailable(source: path, reason: reason)
    default: try result.get()
    }
    guard outcome.exitCode == 0 else {
      throw IngestionError.sourceUnavailable(source: path, reason: reason)
    }
  }
}
