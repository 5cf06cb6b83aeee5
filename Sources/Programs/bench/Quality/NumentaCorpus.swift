internal import Evaluation
internal import Files
internal import JSON
internal import Transactions

/// Series and labelled windows in the layout of the Numenta anomaly benchmark, or a part of it.
struct NumentaCorpus {
  /// One file.
  struct Entry {
    let name: String
    let series: TimeSeries
    let truth: NumentaSeries

    /// Which rows lie in a window.
    var labels: [Bool] {
      var labels = Array(repeating: false, count: truth.rowCount)
      for window in truth.windows {
        for row in window { labels[row] = true }
      }
      return labels
    }
  }

  /// The files by name.
  let entries: [Entry]

  /// Reads `windows.json`, a list of pairs of times for each CSV file below `folder`, and the files.
  init(folder: String) throws {
    let path = "\(folder)/windows.json"
    guard case .object(let files) = try JSONValue(parsing: FileSystem.read(path)) else {
      throw BenchmarkError.unreadableTable(path: path, line: 1)
    }
    entries = try files.members.sorted { $0.key < $1.key }.map { name, windows in
      let series = try TimeSeries(contentsOfCSV: "\(folder)/\(name)")
      let rows = try (windows.arrayValue ?? []).map { window in
        let ends = (window.arrayValue ?? []).compactMap { $0.stringValue }
          .compactMap { Timestamp(parsing: $0) }
          .compactMap { series.timestamps.firstIndex(of: $0) }
        guard ends.count == 2, ends[0] <= ends[1] else {
          throw BenchmarkError.unreadableTable(path: path, line: 1)
        }
        return ends[0]...ends[1]
      }
      return Entry(
        name: name, series: series,
        truth: try NumentaSeries(rowCount: series.values.count, windows: rows))
    }
  }
}
