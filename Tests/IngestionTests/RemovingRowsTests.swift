import Support
import Testing
import Transactions

@Suite struct RemovingRowsTests {
  @Test(arguments: [false, true])
  func `rows that are taken out and those that stay are the ones in that order`(isShuffled: Bool)
    throws
  {
    let all = try TransactionExamples.generated(userCount: 20, dayCount: 20, seed: 3)
    var order = (0..<Int32(all.count)).map { $0 }
    if isShuffled { order = order.map { ($0 &* 7_919 + 13) % Int32(all.count) } }
    try #require(Set(order).count == all.count)
    var rest = all
    let taken = rest.removeFirst(100, in: order)
    let expected = all.selecting(Array(order[..<100]))
    #expect(TransactionExamples.rows(taken) == TransactionExamples.rows(expected))
    #expect(taken.merchants == expected.merchants && taken.devices == expected.devices)
    #expect(
      TransactionExamples.rows(rest)
        == TransactionExamples.rows(all.selecting(Array(order[100...]))))

    // Rows of the same and of other texts are added to what stayed.
    let more = try TransactionExamples.generated(userCount: 30, dayCount: 10, seed: 4)
    rest.append(contentsOf: taken)
    rest.append(contentsOf: more)
    #expect(
      TransactionExamples.rows(rest)
        == TransactionExamples.rows(all.selecting(Array(order[100...])))
        + TransactionExamples.rows(taken) + TransactionExamples.rows(more))
  }
}
