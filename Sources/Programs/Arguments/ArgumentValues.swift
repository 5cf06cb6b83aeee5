/// The values of one command line, checked against its syntax.
public struct ArgumentValues: Sendable {
  var operands: [String: String] = [:]
  var options: [String: String] = [:]
  var switches: Set<String> = []
  let syntax: CommandSyntax

  /// Reads `arguments` as values of `syntax`: `--name value`, `--name=value`, switches and operands in any order;
  /// everything after `--` is an operand.
  public init(parsing arguments: [String], as syntax: CommandSyntax) throws(UsageError) {
    self.syntax = syntax
    var given: [String] = []
    var index = 0
    while index < arguments.count {
      let argument = arguments[index]
      index += 1
      if argument == "--" {
        given += arguments[index...]
        break
      }
      guard argument.hasPrefix("--") else {
        given.append(argument)
        continue
      }
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      guard let option = syntax.options.first(where: { $0.name == name }) else {
        let closest = closestName(to: name, among: syntax.options.map(\.name) + ["--help"])
        throw UsageError("unknown option \(name)" + (closest.map { "; did you mean \($0)?" } ?? ""))
      }
      guard option.valueName != nil else {
        guard parts.count == 1 else { throw UsageError("\(name) takes no value") }
        switches.insert(name)
        continue
      }
      guard options[name] == nil else { throw UsageError("\(name) is given twice") }
      if parts.count == 2 {
        options[name] = String(parts[1])
      } else {
        guard index < arguments.count else {
          throw UsageError("\(name) needs a value: \(name) \(option.valueName ?? "")")
        }
        options[name] = arguments[index]
        index += 1
      }
    }
    guard given.count <= syntax.operands.count else {
      throw UsageError("one argument too many: \(given[syntax.operands.count])")
    }
    for (operand, value) in zip(syntax.operands, given) { operands[operand.name] = value }
    if let missing = syntax.operands.first(where: { $0.isRequired && operands[$0.name] == nil }) {
      throw UsageError("\(missing.name) is missing: \(missing.help)")
    }
  }

  /// The text of an option or operand, or `nil` when it was not given.
  public func text(_ name: String) -> String? { options[name] ?? operands[name] }

  /// The text of a required operand.
  ///
  /// - Precondition: the syntax declares the operand as required.
  public func required(_ name: String) -> String {
    guard let value = operands[name] else {
      preconditionFailure("\(name) is not a required operand")
    }
    return value
  }

  /// Whether a switch was given.
  public func isOn(_ name: String) -> Bool { switches.contains(name) }

  /// The value of an option read by `parse`, or `nil` when it was not given.
  ///
  /// - Throws: `UsageError` naming the option and the `kind` of value that it takes.
  public func value<Value>(
    _ name: String, _ kind: String, parse: (String) -> Value?
  ) throws(UsageError) -> Value? {
    guard let text = text(name) else { return nil }
    guard let value = parse(text) else {
      throw UsageError("\(name) takes \(kind), not \"\(text)\"")
    }
    return value
  }

  /// A whole number within `range`, or `nil` when it was not given.
  public func integer(
    _ name: String, in range: ClosedRange<Int> = 0...Int.max
  ) throws(UsageError) -> Int? {
    let kind =
      range.upperBound == .max
      ? "a whole number of at least \(range.lowerBound)"
      : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    return try value(name, kind) { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }
  }

  /// A finite number within `range`, or `nil` when it was not given.
  public func number(
    _ name: String, in range: ClosedRange<Double>
  ) throws(UsageError) -> Double? {
    try value(name, "a number from \(range.lowerBound) to \(range.upperBound)") { text in
      Double(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }
}

/// A command line that means nothing; the message says what would.
public struct UsageError: Error, Equatable, CustomStringConvertible {
  /// What is wrong and what to do.
  public let description: String

  /// Makes an error of the given message.
  public init(_ description: String) { self.description = description }
}

/// The name that differs from `name` in the fewest characters, if it differs in few.
func closestName(to name: String, among names: [String]) -> String? {
  func distance(_ a: [Character], _ b: [Character]) -> Int {
    var previous = Array(0...b.count)
    for (row, x) in a.enumerated() {
      var current = [row + 1]
      for (column, y) in b.enumerated() {
        current.append(
          min(previous[column + 1] + 1, current[column] + 1, previous[column] + (x == y ? 0 : 1)))
      }
      previous = current
    }
    return previous[b.count]
  }
  let ranked = names.map { (distance(Array(name), Array($0)), $0) }.min { $0.0 < $1.0 }
  guard let ranked, ranked.0 <= max(2, name.count / 3) else { return nil }
  return ranked.1
}
