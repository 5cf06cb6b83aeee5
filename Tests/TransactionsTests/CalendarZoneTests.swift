import Files
import Foundation
import Testing

@testable import Transactions

@Suite struct CalendarZoneTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures/zones").path

  private static func expectations() throws -> [String: [[Int64]]] {
    try JSONDecoder().decode(
      [String: [[Int64]]].self,
      from: Data(contentsOf: URL(filePath: "\(folder)/offsets.json")))
  }

  @Test func `offsets are those of Python's zoneinfo at every change of clocks from 1970 to 2061`()
    throws
  {
    let expectations = try Self.expectations()
    #expect(expectations.count == 10)
    for (name, pairs) in expectations {
      let zone = try CalendarZone(parsing: name, folder: Self.folder)
      #expect(zone.name == name)
      for pair in pairs {
        let found = zone.offset(at: Timestamp(seconds: pair[0]))
        #expect(found == .seconds(pair[1]), "\(name) at \(pair[0])")
      }
    }
  }

  @Test func `a stored zone is the same without its file`() throws {
    for name in try Self.expectations().keys {
      let zone = try CalendarZone(parsing: name, folder: Self.folder)
      let law = try #require(zone.storedLaw)
      let restored = CalendarZone(
        name: name, initialOffset: law.start, transitions: law.transitions, rule: law.rule,
        ruleStart: law.ruleStart)
      #expect(restored == zone)
      #expect(restored?.text == zone.text)
    }
    let berlin = try CalendarZone(parsing: "Europe/Berlin", folder: Self.folder)
    #expect(try #require(berlin.storedLaw).transitions.count < 40)
  }

  @Test(arguments: [
    // The hour from 2 to 3 is skipped, the hour from 2 to 3 comes twice.
    ("2024-03-31T00:59:59Z", 1), ("2024-03-31T01:00:00Z", 3), ("2024-10-27T00:30:00Z", 2),
    ("2024-10-27T01:30:00Z", 2), ("2024-10-27T02:00:00Z", 3), ("2024-02-29T23:00:00Z", 0),
    ("2049-07-01T12:00:00Z", 14),
  ])
  func `hours on the wall in Berlin around summer time and leap days`(text: String, hour: Int64)
    throws
  {
    let zone = try CalendarZone(parsing: "Europe/Berlin", folder: Self.folder)
    let time = try #require(Timestamp(parsing: text))
    #expect(zone.wallHour(at: time) % 24 == hour)
  }

  @Test(arguments: [("+02:00", 7_200), ("-0330", -12_600), ("UTC", 0), ("Z", 0)])
  func `offsets are zones, too`(text: String, seconds: Int64) throws {
    let zone = try CalendarZone(parsing: text, folder: "/nowhere")
    #expect(zone.fixedOffset == .seconds(seconds))
    for extreme in [Int64.min, .max] { _ = zone.wallHour(at: Timestamp(microseconds: extreme)) }
  }

  @Test(arguments: [
    "", "Europe", "Europe/Nowhere", "../../etc/passwd", "/etc/passwd", "+25:00", "+2",
    "Europe/Berlin\0",
    "Ünited/Kingdom",
  ])
  func `what is no zone is refused with what to give instead`(text: String) throws {
    let error = #expect(throws: CalendarZoneError.self) {
      try CalendarZone(parsing: text, folder: Self.folder)
    }
    #expect(error == .unknown(name: text))
    #expect(error?.description.contains("Europe/Berlin") == true)
  }

  @Test func `a file cut or altered anywhere is refused or read, never a trap`() throws {
    let bytes = try FileSystem.read("\(Self.folder)/Australia/Lord_Howe")
    for end in stride(from: 0, to: bytes.count, by: 7) {
      _ = try? CalendarZone(name: "x", file: Array(bytes[..<end]))
    }
    for index in bytes.indices {
      for value: UInt8 in [0, 1, 127, 255] {
        var altered = bytes
        altered[index] = value
        guard let zone = try? CalendarZone(name: "x", file: altered) else { continue }
        _ = zone.offset(at: Timestamp(seconds: 1_700_000_000))
        for extreme in [Int64.min, .max] { _ = zone.wallHour(at: Timestamp(microseconds: extreme)) }
      }
    }
    #expect(throws: CalendarZoneError.self) { try CalendarZone(name: "x", file: []) }
  }

  @Test(arguments: [
    "", "C", "CET", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0x",
    "CET-200", "<CET-1",
  ])
  func `what is no yearly law is refused`(text: String) {
    #expect(ZoneRule(parsing: text) == nil)
  }

  @Test func `days without and with leap days count as POSIX says`() throws {
    let without = try #require(ZoneRule(parsing: "XST0XDT,J60/0,J365/0"))
    let with = try #require(ZoneRule(parsing: "XST0XDT,59/0,364/0"))
    for (text, first, second) in [
      ("2024-02-29T12:00:00Z", Int64(0), Int64(3_600)), ("2024-03-01T12:00:00Z", 3_600, 3_600),
      ("2023-03-01T12:00:00Z", 3_600, 3_600), ("2023-02-28T12:00:00Z", 0, 0),
    ] {
      let moment = try #require(Timestamp(parsing: text)).microseconds / 1_000_000
      #expect(without.offset(atSecond: moment) == first, "\(text)")
      #expect(with.offset(atSecond: moment) == second, "\(text)")
    }
  }
}
