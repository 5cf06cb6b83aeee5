import Testing
import Transactions

@Suite struct TimestampTests {
  @Test(arguments: [
    ("2025-12-20T12:00:00Z", 1_766_232_000_000_000), ("2025-12-20 12:00:00", 1_766_232_000_000_000),
    ("2025-12-20T13:00:00.25+01:00", 1_766_232_000_250_000), ("1609459500", 1_609_459_500_000_000),
    ("1609459500.5", 1_609_459_500_500_000), ("1969-12-31T23:59:59.999999Z", -1),
    ("2000-02-29", 951_782_400_000_000), ("-1.5", -1_500_000),
    ("2025-12-20T12:00Z", 1_766_232_000_000_000),
  ])
  func `accepted forms name the same moments`(text: String, microseconds: Int64) {
    #expect(Timestamp(parsing: text)?.microseconds == microseconds)
  }

  @Test(arguments: [
    "", "yesterday", "2025-02-30", "2025-13-01", "2025-12-20T25:00:00Z",
    "2025-12-20T12:00:00+99:00",
    "1e9", "99999999999999999999", "2025-12-20T12:00:00Zjunk", "1.",
  ])
  func `anything else is refused`(text: String) {
    #expect(Timestamp(parsing: text) == nil)
  }

  @Test func `text of a moment reads back`() {
    for microseconds: Int64 in [0, -1, 1, 1_766_232_000_250_000, -62_135_596_800_000_000] {
      let moment = Timestamp(microseconds: microseconds)
      #expect(Timestamp(parsing: moment.description) == moment)
    }
    #expect(Timestamp(microseconds: 1_766_232_000_250_000).description == "2025-12-20T12:00:00.25Z")
  }

  @Test func `time spans read and print`() {
    #expect(TimeSpan(parsing: "7d") == .days(7))
    #expect(TimeSpan(parsing: "10min") == .seconds(600))
    #expect(TimeSpan(parsing: "2w") == .days(14))
    #expect(TimeSpan(parsing: "d") == nil)
    #expect(TimeSpan(parsing: "-3d") == nil)
    #expect(TimeSpan(parsing: "99999999999999999w") == nil)
    #expect(TimeSpan.days(7).description == "7d")
    #expect(TimeSpan.seconds(90).description == "90s")
  }
}
