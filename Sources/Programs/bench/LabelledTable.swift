internal import Compression
internal import Tabular

/// A table with the truth beside it: gzipped CSV with a header whose last column is `label`, 1 for an anomaly.
struct LabelledTable {
  let name: String
  let matrix: Matrix<Double>
  let labels: [Bool]

  /// Reads a file.
  init(contentsOf path: String, name: String) throws {
    var reader = try GzipReader(path)
    var bytes: [UInt8] = []
    while true {
      let part = try reader.read(upTo: 1 << 20)
      if part.isEmpty { break }
      bytes += part
    }
    var values: [Double] = []
    var labels: [Bool] = []
    var columnCount = 0
    for (number, line) in bytes.split(whereSeparator: { $0 == 10 || $0 == 13 }).enumerated() {
      let fields = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
      guard number > 0 else {
        columnCount = fields.count - 1
        continue
      }
      let numbers = fields.compactMap { Double(String(decoding: $0, as: UTF8.self)) }
      guard numbers.count == columnCount + 1 else {
        throw BenchmarkError.unreadableTable(path: path, line: number + 1)
      }
      values += numbers.dropLast()
      labels.append(numbers[columnCount] == 1)
    }
    self.name = name
    self.labels = labels
    matrix = Matrix(rowCount: labels.count, columnCount: columnCount, values: values)
  }
}
