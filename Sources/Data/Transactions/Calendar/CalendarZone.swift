/// What clocks on the wall show: an offset from UTC that is fixed, or changes with the law of a place.
///
/// The question is always asked from UTC to the wall, so it has one answer at every moment: an hour that the clocks skip in
/// spring never comes, and the hour that they repeat in autumn comes twice.
public struct CalendarZone: Equatable, Sendable {
  /// The offset before the first transition, in seconds ahead of UTC.
  let initialOffset: Int64
  /// What changes the offset; `nil` when it is fixed.
  let law: Law?

  /// From a moment on, clocks are so many seconds ahead of UTC.
  struct Transition: Equatable, Sendable {
    let second: Int64
    let offset: Int64
  }

  /// The changes of a named zone, shared by all that use it.
  final class Law: Equatable, Sendable {
    let name: String
    /// In order of time.
    let transitions: [Transition]
    /// What holds from `ruleStart` on; `nil` when the last transition holds for ever.
    let rule: ZoneRule?
    let ruleStart: Int64

    init(name: String, transitions: [Transition], rule: ZoneRule?, ruleStart: Int64) {
      self.name = name
      self.transitions = transitions
      self.rule = rule
      self.ruleStart = ruleStart
    }

    static func == (left: Law, right: Law) -> Bool {
      left === right
        || left.name == right.name && left.transitions == right.transitions
          && left.rule == right.rule && left.ruleStart == right.ruleStart
    }
  }

  /// UTC.
  public static let utc = CalendarZone(offset: .seconds(0))

  /// Clocks that are always `offset` ahead of UTC; parts of a second are cut.
  public init(offset: TimeSpan) {
    self.init(initialOffset: offset.microseconds.flooredDivision(by: 1_000_000).quotient, law: nil)
  }

  init(initialOffset: Int64, law: Law?) {
    self.initialOffset = initialOffset
    self.law = law
  }

  /// The zone as text: a name with its law, or seconds ahead of UTC. Equal zones have equal texts.
  public var text: String {
    guard let law else { return "\(initialOffset)" }
    let changes = law.transitions.map { "\($0.second) \($0.offset)" }.joined(separator: ",")
    return "\(law.name) \(initialOffset) \(changes) \(law.rule?.text ?? "") \(law.ruleStart)"
  }

  /// The name of the zone, such as `Europe/Berlin`; `nil` when the offset is fixed.
  public var name: String? { law?.name }

  /// The offset of a zone that has only one; `nil` when a law changes it.
  public var fixedOffset: TimeSpan? { law == nil ? .seconds(initialOffset) : nil }

  /// How far clocks are ahead of UTC at `time`.
  ///
  /// Before 1970 a named zone has its offset of 1970.
  ///
  /// - Complexity: O(log transitions).
  public func offset(at time: Timestamp) -> TimeSpan {
    .seconds(offset(atSecond: time.microseconds.flooredDivision(by: 1_000_000).quotient))
  }

  func offset(atSecond second: Int64) -> Int64 {
    guard let law else { return initialOffset }
    if let rule = law.rule, second >= law.ruleStart { return rule.offset(atSecond: second) }
    var (low, high) = (0, law.transitions.count)
    while low < high {
      let middle = (low + high) / 2
      if law.transitions[middle].second <= second { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? initialOffset : law.transitions[low - 1].offset
  }

  /// The hours since 1970-01-01 0 h that a clock on the wall would have counted at `time`.
  public func wallHour(at time: Timestamp) -> Int64 {
    let second = time.microseconds.flooredDivision(by: 1_000_000).quotient
    return (second + offset(atSecond: second)).flooredDivision(by: 3_600).quotient
  }
}

extension CalendarZone {
  /// The zone as numbers and text, from which `init(name:initialOffset:transitions:rule:ruleStart:)` makes it again:
  /// nothing else is needed, so a model that has it does not depend on the files of the machine that reads it.
  public var storedLaw: (transitions: [[Int64]], rule: String?, ruleStart: Int64, start: Int64)? {
    law.map { law in
      (
        law.transitions.map { [$0.second, $0.offset] }, law.rule?.text,
        law.rule == nil ? 0 : law.ruleStart, initialOffset
      )
    }
  }

  /// Makes a stored zone again.
  ///
  /// - Parameters:
  ///   - name: What people call it.
  ///   - initialOffset: Seconds ahead of UTC before the first transition.
  ///   - transitions: Unix seconds and the offset from then on, in order of time.
  ///   - text: The yearly law in the form of POSIX, if there is one.
  ///   - ruleStart: The Unix second from which on the law holds.
  /// - Returns: `nil` when something is out of order or range.
  public init?(
    name: String, initialOffset: Int64, transitions: [[Int64]], rule text: String?,
    ruleStart: Int64
  ) {
    let limit: Int64 = 7 * 86_400
    var list: [Transition] = []
    for pair in transitions {
      guard pair.count == 2, (-limit...limit).contains(pair[1]),
        list.last.map({ $0.second < pair[0] }) ?? true
      else { return nil }
      list.append(Transition(second: pair[0], offset: pair[1]))
    }
    guard (-limit...limit).contains(initialOffset), !name.isEmpty else { return nil }
    var rule: ZoneRule?
    if let text {
      guard let read = ZoneRule(parsing: text) else { return nil }
      rule = read
    }
    self.init(
      initialOffset: initialOffset,
      law: Law(
        name: name, transitions: list, rule: rule, ruleStart: rule == nil ? .max : ruleStart))
  }
}

/// Why there is no such zone.
public enum CalendarZoneError: Error, Equatable, CustomStringConvertible {
  /// The text is no name of a zone and no offset.
  case unknown(name: String)
  /// The zone's file is not one, or is one that counts leap seconds.
  case unreadable(name: String, reason: String)

  public var description: String {
    switch self {
    case .unknown(let name):
      "there is no time zone \(name); give an offset such as +02:00, or a name such as "
        + "Europe/Berlin from the package tzdata"
    case .unreadable(let name, let reason): "the file of the time zone \(name) \(reason)"
    }
  }
}
