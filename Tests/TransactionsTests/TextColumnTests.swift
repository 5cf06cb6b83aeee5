import Transactions
import Testing

@Suite struct TextColumnTests {
  @Test func `a text is stored once however it arrives`() {
    var column = TextColumn()
    column.append("a")
    column.append(nil)
    let isText = column.append(utf8: Array("b".utf8).span)
    let isKnown = column.append(utf8: Array("a".utf8).span)
    column.append("")
    #expect(isText && isKnown)
    #expect(column.dictionary == ["a", "b", ""])
    #expect(column.codes == [0, -1, 1, 0, 2])
    #expect((0..<5).map { column[$0] } == ["a", nil, "b", "a", ""])
  }

  @Test func `bytes that are no text add nothing`() {
    var column = TextColumn()
    let isText = column.append(utf8: [0xFF, 0x61].span)
    #expect(!isText && column.count == 0 && column.dictionary.isEmpty)
  }

  @Test func `thousands of texts keep their codes`() {
    var column = TextColumn()
    for round in 0..<2 {
      for number in 0..<5_000 {
        column.append("customer-\(number)")
        #expect(column.codes[round * 5_000 + number] == Int32(number))
      }
    }
    #expect(column.dictionary.count == 5_000)
  }

  @Test func `a stored column goes on growing`() {
    var column = TextColumn(codes: [1, 0], dictionary: ["x", "y"])
    column.append("y")
    column.append("z")
    #expect(column.codes == [1, 0, 1, 2])
  }

  @Test func `columns are joined by their texts`() {
    var left = TextColumn()
    for text in ["a", "b", nil] { left.append(text) }
    var right = TextColumn()
    for text in ["c", nil, "a"] { right.append(text) }
    left.append(contentsOf: right)
    #expect((0..<6).map { left[$0] } == ["a", "b", nil, "c", nil, "a"])
    #expect(left.dictionary == ["a", "b", "c"])
  }

  @Test func `a selection keeps only its texts, in order of appearance`() {
    var column = TextColumn()
    for text in ["a", "b", nil, "c"] { column.append(text) }
    let selection = column.selecting([3, 2, 1, 3])
    #expect(selection.dictionary == ["c", "b"])
    #expect(selection.codes == [0, -1, 1, 0])
  }
}

@Suite struct TransactionBatchTests {
  static func batch(_ rows: [(id: String, time: Int64)]) -> TransactionBatch {
    var batch = TransactionBatch()
    for row in rows {
      batch.append(
        LabelledTransaction(
          Transaction(
            id: row.id, time: Timestamp(microseconds: row.time), userID: "u\(row.id)",
            amount: Money(millionths: row.time), merchantID: row.time % 2 == 0 ? nil : "m",
            latitude: Double(row.time)),
          label: TransactionLabel(
            isFraud: row.time % 3 == 0, scenario: "s", knownAt: Timestamp(microseconds: 9))))
    }
    return batch
  }

  @Test func `bulk appending equals appending row by row`() {
    let rows: [(String, Int64)] = [("1", 3), ("2", 1), ("3", 2), ("4", 2)]
    var joined = Self.batch(Array(rows[..<2]))
    joined.append(contentsOf: Self.batch(Array(rows[2...])))
    let whole = Self.batch(rows)
    // NaN differs from itself, so rows are compared.
    #expect((0..<4).map { joined[$0] } == (0..<4).map { whole[$0] })
    #expect(joined.users == whole.users && joined.merchants == whole.merchants)
  }

  @Test func `the canonical order is that of single transactions`() {
    let rows: [(String, Int64)] = [("b", 2), ("10", 1), ("9", 1), ("a", 2), ("c", -5)]
    let batch = Self.batch(rows)
    let order = batch.canonicalOrder()
    #expect(order == [4, 2, 1, 3, 0])
    let expected = (0..<5).map { batch[$0] }.sorted(by: LabelledTransaction.isOrderedBefore)
    let selected = batch.selecting(order)
    #expect((0..<5).map { selected[$0] } == expected)
    #expect(selected.canonicalOrder() == [0, 1, 2, 3, 4])
    #expect(TransactionBatch().canonicalOrder().isEmpty)
  }
}
