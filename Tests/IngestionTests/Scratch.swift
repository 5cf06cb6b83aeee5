import Files
import Glibc
import Transactions

/// A folder of its own for one test, removed with it.
final class Scratch {
  let path: String

  init() throws {
    var generator = SystemRandomNumberGenerator()
    path = "/tmp/anomalyze-ingestion-\(getpid())-\(generator.next())"
    try FileSystem.createDirectory(path)
  }

  deinit { try? FileSystem.removeTree(path) }
}

/// Transactions of the generator, in order of time.
func generatedRows(userCount: Int = 40, dayCount: Int = 20) throws -> TransactionBatch {
  var rows = TransactionBatch()
  let settings = try GeneratorSettings(userCount: userCount, dayCount: dayCount)
  TransactionGenerator(settings).forEachBatch { rows.append(contentsOf: $0) }
  return rows
}

/// The value of an environment variable.
func environmentValue(_ name: String) -> String? {
  unsafe getenv(name).map { unsafe String(cString: $0) }
}
