import Glibc
import Testing
import Transactions

/// The committed sample is what its data card says.
@Suite struct DatasetSampleTests {
  private func rows(_ path: String) throws -> [LabelledTransaction] {
    var rows: [LabelledTransaction] = []
    try CSVTransactionReader(path: path).forEachBatch { batch in
      for row in 0..<batch.count { rows.append(batch[row]) }
    }
    return rows
  }

  @Test func `generating it again gives the same rows`() throws {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let committed = try rows("/\(root)/datasets/transactions-sample.csv.gz")
    var generated: [LabelledTransaction] = []
    let settings = try GeneratorSettings(userCount: 40, dayCount: 45, seed: 7)
    TransactionGenerator(settings).forEachBatch { batch in
      for row in 0..<batch.count { generated.append(batch[row]) }
    }
    #expect(committed == generated)
    #expect(committed.contains { $0.label?.isFraud == true })
  }
}
