import Subprocess
import Testing
import Transactions

/// The rows of `period` in the handbook's file; read by a small reader of its own, so that the target needs no ingestion.
func handbookTransactions(
  folder: String, period: Range<Timestamp>, labelDelay: TimeSpan
) throws -> TransactionBatch {
  let file = "\(folder)/fdh/transactions.csv.gz"
  let text = try Subprocess(
    path: try Subprocess.locate("gzip"), arguments: ["-dc", file], outputByteLimit: 1 << 30
  ).run().output
  var batch = TransactionBatch()
  for line in text.split(separator: UInt8(ascii: "\n")).dropFirst() {
    let fields = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    // The date comes first in the text of a moment, so the bytes compare as the moments do.
    guard fields[1].starts(with: "2018-07".utf8) || fields[1].starts(with: "2018-08".utf8) else {
      continue
    }
    let words = fields.map { String(decoding: $0, as: UTF8.self) }
    let time = try Timestamp.require(words[1])
    guard period.contains(time) else { continue }
    batch.append(
      LabelledTransaction(
        Transaction(
          id: words[0], time: time, userID: words[2],
          amount: try #require(Double(words[4]).flatMap { Money(roundingToHundredths: $0) }),
          terminalID: words[3]),
        label: TransactionLabel(
          isFraud: words[5] == "1", scenario: words[6] == "0" ? nil : words[6],
          knownAt: time + labelDelay)))
  }
  return batch
}
