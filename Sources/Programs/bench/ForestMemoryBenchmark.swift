internal import Arguments
internal import Files
internal import JSON
internal import Models
internal import Tabular
internal import Terminal
internal import Training

/// Isolation Forest from a mapped file: memory beyond the file while a table larger than it is fitted and scored.
struct ForestMemoryBenchmark {
  let rowCount: Int
  let columnCount: Int
  let folder: String
  let threadCount: Int

  static let benchmark = Benchmark(
    CommandSyntax(
      "forest memory", "Isolation Forest: fit and score a mapped table; resident memory beside it.",
      options: [
        .init("--rows", "N", "Rows of the table.", default: "50000000"),
        .init("--columns", "N", "Columns of the table.", default: "10"),
        .init("--folder", "FOLDER", "Where the table is written and removed.", default: "/tmp"),
        .init("--threads", "N", "Threads.", default: "2"),
      ])
  ) { values in
    try ForestMemoryBenchmark(
      rowCount: values.integer("--rows", in: 1...1_000_000_000) ?? 50_000_000,
      columnCount: values.integer("--columns", in: 1...1000) ?? 10,
      folder: values.text("--folder") ?? "/tmp",
      threadCount: values.integer("--threads", in: 1...1024) ?? 2
    ).run()
  }

  private static let target = 300

  /// Megabytes of anonymous memory at the end of each step and at most, and the times.
  func run() throws -> JSONValue {
    let path = "\(folder)/anomalyze-rows-\(Terminal.wallClockMicroseconds).safetensors"
    defer { try? FileSystem.removeTree(path) }
    try writeTable(to: path)
    let table = try MappedTable(path, tensor: "rows")
    let learner = IsolationForestLearner(
      parameters: try IsolationForestParameters(contamination: .share(0.01), seed: 1))
    let names = (0..<columnCount).map { "f\($0)" }
    let start = Terminal.monotonicSeconds
    let forest = try learner.fit(table, featureNames: names, threadCount: threadCount)
    let fitted = Terminal.monotonicSeconds
    var peak = try Self.residentMegabytes("RssAnon")
    var alarmCount = 0
    var failure: (any Error)?
    try forest.scores(of: table, threadCount: threadCount) { _, scores in
      alarmCount += scores.count { forest.isAnomaly(score: $0) }
      do { peak = max(peak, try Self.residentMegabytes("RssAnon")) } catch { failure = error }
    }
    if let failure { throw failure }
    return .object([
      "benchmark": "isolation_forest_memory",
      "rows": .integer(Int64(rowCount)), "columns": .integer(Int64(columnCount)),
      "file_megabytes": .integer(Int64(try FileSystem.byteCount(of: path) >> 20)),
      "fit_with_threshold_seconds": .number(fitted - start),
      "score_seconds": .number(Terminal.monotonicSeconds - fitted),
      "alarms": .integer(Int64(alarmCount)),
      "resident_anonymous_megabytes": .integer(Int64(peak)),
      "resident_peak_with_file_megabytes": .integer(Int64(try Self.residentMegabytes("VmHWM"))),
      "target_megabytes": .integer(Int64(Self.target)),
      "is_met": .bool(peak < Self.target),
    ])
  }

  /// Writes the table part by part.
  private func writeTable(to path: String) throws {
    let header: JSONValue = [
      "rows": [
        "dtype": "F32",
        "shape": [.integer(Int64(rowCount)), .integer(Int64(columnCount))],
        "data_offsets": [.integer(0), .integer(Int64(rowCount * columnCount * 4))],
      ]
    ]
    var text = header.bytes()
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    var bytes: [UInt8] = []
    for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(text.count >> shift & 0xFF)) }
    bytes += text
    var size = 0
    var start = 0
    while start < rowCount {
      let count = min(500_000, rowCount - start)
      let part = BenchmarkData.clusters(
        rowCount: count, columnCount: columnCount, seed: UInt64(start), threadCount: threadCount)
      bytes.reserveCapacity(bytes.count + count * columnCount * 4)
      for value in part.values {
        let bits = value.bitPattern
        bytes.append(UInt8(truncatingIfNeeded: bits))
        bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
        bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
        bytes.append(UInt8(truncatingIfNeeded: bits >> 24))
      }
      try FileSystem.append(bytes, to: path, keeping: size)
      size += bytes.count
      bytes.removeAll(keepingCapacity: false)
      start += count
    }
  }

  /// A figure of this process in `/proc/self/status`.
  private static func residentMegabytes(_ name: String) throws -> Int {
    let status = String(decoding: try FileSystem.read("/proc/self/status"), as: UTF8.self)
    for line in status.split(separator: "\n") where line.hasPrefix("\(name):") {
      let digits = line.filter(\.isNumber)
      return (Int(digits) ?? 0) / 1024
    }
    return 0
  }
}
