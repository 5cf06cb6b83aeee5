internal import Files

extension CalendarZone {
  /// Where Debian's package tzdata puts the zones.
  public static let systemFolder = "/usr/share/zoneinfo"

  /// Reads an offset, such as `+02:00` or `-0330`, `UTC`, or the name of a zone that has a file in `folder`.
  ///
  /// - Throws: `CalendarZoneError`.
  public init(
    parsing text: String, folder: String = CalendarZone.systemFolder
  ) throws(CalendarZoneError) {
    if text == "UTC" || text == "Z" {
      self = .utc
    } else if let offset = CalendarZone.offset(parsing: text) {
      self.init(offset: offset)
    } else {
      try self.init(named: text, folder: folder)
    }
  }

  private static func offset(parsing text: String) -> TimeSpan? {
    let digits = text.dropFirst().filter { $0 != ":" }
    guard text.hasPrefix("+") || text.hasPrefix("-"), digits.utf8.count == 4,
      digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int64(digits),
      number / 100 < 24, number % 100 < 60
    else { return nil }
    let seconds = number / 100 * 3_600 + number % 100 * 60
    return .seconds(text.hasPrefix("-") ? -seconds : seconds)
  }

  private init(named name: String, folder: String) throws(CalendarZoneError) {
    let isName = name.utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte & 0xDF)
        || [UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+")].contains(
          byte)
    }
    // Without a dot no name leads out of the folder.
    guard isName, (1...64).contains(name.utf8.count), !name.hasPrefix("/") else {
      throw .unknown(name: name)
    }
    let bytes: [UInt8]
    do {
      bytes = try FileSystem.read("\(folder)/\(name)")
    } catch {
      throw .unknown(name: name)
    }
    try self.init(name: name, file: bytes)
  }

  /// Reads a file of the format TZif (RFC 9636), version 1 or later.
  init(name: String, file: [UInt8]) throws(CalendarZoneError) {
    func fail(_ reason: String) -> CalendarZoneError { .unreadable(name: name, reason: reason) }
    guard let first = ZoneFileHeader(file, at: 0) else { throw fail("is not of the format TZif") }
    var (header, start, width) = (first, ZoneFileHeader.byteCount, 4)
    if first.version >= UInt8(ascii: "2") {
      let second = ZoneFileHeader.byteCount + first.blockByteCount(timeWidth: 4)
      guard let later = ZoneFileHeader(file, at: second) else { throw fail("ends too early") }
      (header, start, width) = (later, second + ZoneFileHeader.byteCount, 8)
    }
    guard header.leapCount == 0 else { throw fail("counts leap seconds, which clocks do not") }
    let end = start + header.blockByteCount(timeWidth: width)
    guard end <= file.count, header.typeCount > 0 else { throw fail("ends too early") }
    func integer(_ position: Int, _ width: Int) -> Int64 {
      let bits = file[position..<position + width].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return width == 8 ? Int64(bitPattern: bits) : Int64(Int32(truncatingIfNeeded: bits))
    }
    let types = start + header.timeCount * (width + 1)
    let offsets = (0..<header.typeCount).map { integer(types + 6 * $0, 4) }
    var transitions: [Transition] = []
    for index in 0..<header.timeCount {
      let second = integer(start + index * width, width)
      let type = Int(file[start + header.timeCount * width + index])
      guard type < offsets.count, transitions.last.map({ $0.second < second }) ?? true,
        second < 1 << 50, offsets[type].magnitude < 7 * 86_400
      else { throw fail("has transitions out of order or range") }
      transitions.append(Transition(second: second, offset: offsets[type]))
    }
    var rule: ZoneRule?
    if width == 8, end < file.count {
      let text = String(decoding: file[end...].drop { $0 == 10 }.prefix { $0 != 10 }, as: UTF8.self)
      if !text.isEmpty {
        guard let read = ZoneRule(parsing: text) else { throw fail("ends with an unknown rule") }
        rule = read
      }
    }
    self.init(name: name, firstOffset: offsets[0], transitions: transitions, rule: rule)
  }

  /// Keeps what differs: the transitions from 1970 on that the rule does not make anyway.
  private init(name: String, firstOffset: Int64, transitions: [Transition], rule: ZoneRule?) {
    let early = transitions.prefix { $0.second <= 0 }
    let initial = early.last?.offset ?? firstOffset
    var kept = Array(transitions.dropFirst(early.count))
    guard let rule else {
      self.init(
        initialOffset: initial,
        law: Law(name: name, transitions: kept, rule: nil, ruleStart: .max))
      return
    }
    var ruleStart = kept.last.map { $0.second } ?? 0
    while let last = kept.last, rule.offset(atSecond: last.second) == last.offset,
      rule.offset(atSecond: last.second - 1) == (kept.dropLast().last?.offset ?? initial),
      // Clocks change twice a year under a rule; a longer silence is another law.
      ruleStart - last.second < 300 * 86_400
    {
      ruleStart = last.second
      kept.removeLast()
    }
    self.init(
      initialOffset: initial,
      law: Law(name: name, transitions: kept, rule: rule, ruleStart: ruleStart))
  }
}

/// The counts at the head of each block of a TZif file.
private struct ZoneFileHeader {
  static let byteCount = 44
  let version: UInt8
  private let counts: [Int]

  var leapCount: Int { counts[2] }
  var timeCount: Int { counts[3] }
  var typeCount: Int { counts[4] }

  init?(_ file: [UInt8], at start: Int) {
    guard start + ZoneFileHeader.byteCount <= file.count,
      Array(file[start..<start + 4]) == Array("TZif".utf8)
    else { return nil }
    version = file[start + 4]
    counts = (0..<6).map { index in
      file[start + 20 + 4 * index..<start + 24 + 4 * index].reduce(0) { $0 << 8 | Int($1) }
    }
    guard counts.allSatisfy({ $0 <= 65_536 }) else { return nil }
  }

  func blockByteCount(timeWidth: Int) -> Int {
    timeCount * (timeWidth + 1) + typeCount * 6 + counts[5] + leapCount * (timeWidth + 4)
      + counts[1] + counts[0]
  }
}
