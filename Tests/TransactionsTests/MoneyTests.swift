import Testing
import Transactions

@Suite struct MoneyTests {
  @Test(arguments: [
    ("4500.50", 4_500_500_000), ("-3", -3_000_000), ("0.000001", 1), (".5", 500_000),
    ("57.1600000000", 57_160_000), ("9223372036854.775807", Int64.max),
  ])
  func `decimal text is exact`(text: String, millionths: Int64) {
    #expect(Money(parsing: text)?.millionths == millionths)
  }

  @Test(arguments: ["", ".", "-", "1e3", "NaN", "1,5", "0.0000001", "9223372036855", "1.2.3", " 1"])
  func `anything else is refused`(text: String) {
    #expect(Money(parsing: text) == nil)
  }

  @Test func `text of an amount reads back`() {
    for millionths: Int64 in [0, 1, -125_000, 4_500_500_000, .max, .min + 1] {
      let amount = Money(millionths: millionths)
      #expect(Money(parsing: amount.description) == amount)
    }
    #expect(Money(millionths: 125_000).description == "0.125")
    #expect(Money(millionths: 4_500_500_000).description == "4500.50")
  }
}
