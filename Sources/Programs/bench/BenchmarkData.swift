internal import Tabular

/// The tables of the forest benchmarks: three correlated normal clusters and a share of uniform outliers.
enum BenchmarkData {
  /// `rowCount × columnCount` single-precision values that depend on the seed alone.
  static func clusters(
    rowCount: Int, columnCount: Int, seed: UInt64, threadCount: Int
  ) -> Matrix<Float> {
    var generator = SeededGenerator(seed: seed)
    let clusterCount = 3
    let spread = 1 / Double(columnCount).squareRoot()
    let mixing = (0..<clusterCount * columnCount * columnCount).map { _ in
      Float(generator.normal() * spread)
    }
    let centers = (0..<clusterCount * columnCount).map { _ in Float(generator.normal() * 2) }
    let values: [Float] = BlockParallel.elements(
      count: rowCount * columnCount, blockSize: 8192 * columnCount, threadCount: threadCount
    ) { block, values in
      var generator = SeededGenerator(
        seed: seed, stream: 1 + UInt64(block.lowerBound / columnCount))
      var row = [Float](repeating: 0, count: columnCount)
      var source = [Float](repeating: 0, count: columnCount)
      for _ in 0..<block.count / columnCount {
        if generator.chance(0.005) {
          for column in row.indices { row[column] = Float(generator.uniform(-6, 6)) }
        } else {
          let cluster = generator.below(clusterCount)
          for column in source.indices { source[column] = Float(generator.normal()) }
          for column in row.indices { row[column] = centers[cluster * columnCount + column] }
          for (index, value) in source.enumerated() {
            let first = (cluster * columnCount + index) * columnCount
            for column in row.indices { row[column] += value * mixing[first + column] }
          }
        }
        for value in row { values.append(value) }
      }
    }
    return Matrix(rowCount: rowCount, columnCount: columnCount, values: values)
  }
}
