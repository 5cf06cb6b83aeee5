internal import Terminal

/// Lines that hold ours, the peer's, their ratio and what the ratio should be.
struct ComparisonTable {
  private var table = TextTable(
    ["what", "ours", "beside", "theirs", "ratio", "target", ""], rightAligned: [1, 3, 4, 5])

  /// Adds figures of which higher ones are better, with the ratio that is wanted of them.
  mutating func add(
    _ what: String, _ ours: Double, beside peer: String, _ theirs: Double, atLeast target: Double,
    format: (Double) -> String = ComparisonTable.rate
  ) {
    let ratio = theirs > 0 ? ours / theirs : 0
    table.append([
      what, format(ours), peer, format(theirs), Self.decimals(ratio),
      "≥ \(Self.decimals(target))", ratio >= target ? "met" : "MISSED",
    ])
  }

  /// Adds a figure with the least, or the most, that is wanted of it.
  mutating func add(
    _ what: String, _ ours: String, isMet: Bool, target: String
  ) {
    table.append([what, ours, "", "", "", target, isMet ? "met" : "MISSED"])
  }

  var text: String { table.text }

  /// Rows a second in thousands.
  static func rate(_ value: Double) -> String { "\(grouped(Int(value / 1_000))) k rows/s" }

  static func decimals(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let digits = String(hundredths % 100)
    return "\(grouped(hundredths / 100)).\(digits.count < 2 ? "0" : "")\(digits)"
  }
}
