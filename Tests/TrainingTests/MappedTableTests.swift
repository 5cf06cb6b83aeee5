import Files
import Models
import Tabular
import Testing
import Training

struct MappedTableTests {
  /// A table in a file, which goes with its folder at the end of `body`.
  private func withTable(
    _ matrix: Matrix<Double>, _ body: (borrowing MappedTable, Matrix<Float>) throws -> Void
  ) throws {
    let folder = "/tmp/anomalyze-mapped-table-\(UInt64.random(in: 0 ... .max))"
    try FileSystem.createDirectory(folder)
    defer { try? FileSystem.removeTree(folder) }
    let single = Matrix(
      rowCount: matrix.rowCount, columnCount: matrix.columnCount,
      values: matrix.values.map { Float($0) })
    let tensor = Tensor(
      "rows", .float32(single.values), shape: [single.rowCount, single.columnCount])
    try FileSystem.writeAtomically(
      SafetensorsArchive(tensors: [tensor]).encoded(), to: "\(folder)/t.safetensors")
    let table = try MappedTable("\(folder)/t.safetensors", tensor: "rows")
    #expect(throws: SafetensorsError.self) {
      _ = try MappedTable("\(folder)/t.safetensors", tensor: "columns").rowCount
    }
    try body(table, single)
  }

  @Test(arguments: [
    IsolationForestParameters.Contamination.automatic, .share(0.07), .alertBudget(9),
  ])
  func `a mapped table gives the model and the scores of the table in memory`(
    contamination: IsolationForestParameters.Contamination
  ) throws {
    let matrix = IsolationForestLearnerTests.makeMatrix(rows: 900, missing: 0.01)
    try withTable(matrix) { table, single in
      #expect(table.values(rows: 3..<5) == Array(single.values[12..<20]))
      let learner = IsolationForestLearner(
        parameters: try IsolationForestParameters(
          treeCount: 10, sampleSize: .count(40), contamination: contamination))
      let names = ["a", "b", "c", "d"]
      let forest = try learner.fit(table, featureNames: names)
      #expect(try forest == learner.fit(single, featureNames: names))
      var scores: [Double] = []
      try forest.scores(of: table) { first, part in
        #expect(first == scores.count)
        scores += part
      }
      #expect(try scores == forest.scores(of: single))
    }
  }
}
