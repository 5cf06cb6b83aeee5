import Testing
import Transactions

@testable import Pipeline

@Suite struct RunScheduleTests {
  private func moment(_ text: String) throws -> Timestamp {
    try #require(Timestamp(parsing: text[...]))
  }

  @Test(arguments: [
    ("Sun 03:30", "2026-11-21T11:00:00Z", "2026-11-22T03:30:00Z", "2026-11-15T03:30:00Z"),
    ("Sun 03:30", "2026-11-22T03:30:00Z", "2026-11-29T03:30:00Z", "2026-11-22T03:30:00Z"),
    ("Mon,Thu 23:59", "2026-11-23T23:58:59Z", "2026-11-23T23:59:00Z", "2026-11-19T23:59:00Z"),
    ("daily 00:00", "2028-02-28T12:00:00Z", "2028-02-29T00:00:00Z", "2028-02-28T00:00:00Z"),
    ("Wed 01:00", "1969-12-31T00:00:00Z", "1969-12-31T01:00:00Z", "1969-12-24T01:00:00Z"),
  ])
  func `the starts around a moment`(
    _ text: String, _ now: String, _ next: String, _ latest: String
  ) throws {
    let schedule = try #require(RunSchedule(parsing: text))
    #expect(schedule.description == text)
    #expect(try schedule.next(after: moment(now)) == moment(next))
    #expect(try schedule.latest(at: moment(now)) == moment(latest))
  }

  @Test(arguments: [
    "", "Sun", "Sun 3:30", "Sun 24:00", "Sun 03:60", "sun 03:30", "Sun,,Mon 03:30", "Sun 03:30 UTC",
    "daily", "Sun 03:+1", "Sun  03:30",
  ])
  func `what is no schedule`(_ text: String) {
    #expect(RunSchedule(parsing: text) == nil)
  }
}
