import Compression
import Features
import Glibc
import Tabular
import Testing
import Transactions

/// The handbook's published features against ours over its whole history of 1,303,778 transactions.
///
/// The data is not part of the repository: `ANOMALYZE_SHARED_DATA` names the folder that holds `fdh/`. Meant for
/// `swift test -c release --filter HandbookTruthTests`.
@Suite(
  .enabled(if: unsafe getenv("ANOMALYZE_SHARED_DATA") != nil, "needs the shared benchmark data"))
struct HandbookTruthTests {
  /// Positions of our columns in the handbook's table.
  static let columns = [
    "tx_amount", "tx_during_weekend", "tx_during_night", "customer_id_nb_tx_1day_window",
    "customer_id_nb_tx_7day_window", "customer_id_nb_tx_30day_window",
    "customer_id_avg_amount_1day_window", "customer_id_avg_amount_7day_window",
    "customer_id_avg_amount_30day_window", "terminal_id_nb_tx_1day_window",
    "terminal_id_nb_tx_7day_window", "terminal_id_nb_tx_30day_window",
    "terminal_id_risk_1day_window", "terminal_id_risk_7day_window", "terminal_id_risk_30day_window",
  ]

  private func lines(_ name: String) throws -> [[Substring]] {
    let folder = unsafe String(cString: try #require(getenv("ANOMALYZE_SHARED_DATA")))
    var reader = try GzipReader("\(folder)/fdh/\(name)")
    var bytes: [UInt8] = []
    while true {
      let part = try reader.read(upTo: 1 << 20)
      if part.isEmpty { break }
      bytes += part
    }
    return bytes.split(separator: 10).map { line in
      line.split(separator: 44, omittingEmptySubsequences: false).map {
        Substring(decoding: $0, as: UTF8.self)
      }
    }
  }

  @Test func `the handbook's features are reproduced for every row`() throws {
    let table = try lines("features-2018-07-25_26.csv.gz")
    let positions = try Self.columns.map { name in
      try #require(table[0].firstIndex(of: Substring(name)), "\(name)")
    }
    var truth: [String: [Double]] = [:]
    for row in table.dropFirst() {
      truth[String(row[0])] = try positions.map { try #require(Double(row[$0])) }
    }
    var rows: [LabelledTransaction] = []
    for row in try lines("transactions.csv.gz").dropFirst() {
      let time = try #require(Timestamp(parsing: row[1]))
      // Some amounts carry the noise of floating-point sums past the sixth decimal.
      let millionths = Int64((try #require(Double(row[4])) * 1_000_000).rounded())
      let transaction = Transaction(
        id: String(row[0]), time: time, userID: String(row[2]),
        amount: Money(millionths: millionths), terminalID: String(row[3]))
      rows.append(
        LabelledTransaction(
          transaction, label: TransactionLabel(isFraud: row[5] == "1", knownAt: time + .days(7))))
    }
    rows.sort(by: LabelledTransaction.isOrderedBefore)
    var engine = FeatureEngine(try FeatureSpecification.preset(named: "handbook"))
    var comparedCount = 0
    var worstError = 0.0
    for start in stride(from: 0, to: rows.count, by: 1 << 16) {
      let batch = Fixtures.batch(rows[start..<min(start + (1 << 16), rows.count)])
      let matrix = try engine.process(batch)
      for row in 0..<batch.count {
        guard let expected = truth[batch.ids[row]] else { continue }
        comparedCount += 1
        for column in 0..<15 {
          let error = abs(matrix[row, column] - expected[column]) / max(1, abs(expected[column]))
          let isCount = Self.columns[column].contains("_nb_")
          #expect(error <= (isCount ? 0 : 1e-9), "\(batch.ids[row]) \(Self.columns[column])")
          worstError = max(worstError, error)
        }
      }
    }
    #expect(comparedCount == truth.count)
    print("\(comparedCount) rows agree, largest relative error \(worstError)")
  }
}
