/// One line on a terminal that tells how far long work has come; on anything but a terminal it stays silent.
public struct ProgressLine {
  private let label: String
  private let isShown: Bool
  private let started: Double
  private var lastShown: Double

  /// Starts a line; nothing is written before a quarter of a second has passed.
  public init(_ label: String, isShown: Bool = Terminal.showsProgress) {
    self.label = label
    self.isShown = isShown
    started = Terminal.monotonicSeconds
    lastShown = started
  }

  /// Tells that `count` rows are done, of `total` when that is known.
  public mutating func update(_ count: Int, of total: Int? = nil) {
    guard isShown else { return }
    let now = Terminal.monotonicSeconds
    guard now - lastShown > 0.25 else { return }
    lastShown = now
    let rate = Int(Double(count) / max(now - started, 1e-9))
    var text = "\r\u{1B}[K\(label): \(grouped(count))"
    if let total, total > 0 { text += " of \(grouped(total)) (\(100 * count / total) %)" }
    Terminal.write(text + ", \(grouped(rate)) rows/s", to: 2)
  }

  /// Removes the line.
  public func finish() {
    if isShown && lastShown > started { Terminal.write("\r\u{1B}[K", to: 2) }
  }
}

/// A whole number with its digits in groups of three: `1,303,778`.
public func grouped(_ number: Int) -> String {
  let digits = String(number.magnitude)
  var text = ""
  for (index, digit) in digits.enumerated() {
    if index > 0 && (digits.count - index).isMultiple(of: 3) { text.append(",") }
    text.append(digit)
  }
  return number < 0 ? "-" + text : text
}
