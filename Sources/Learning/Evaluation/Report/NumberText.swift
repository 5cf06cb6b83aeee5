/// Numbers as people read them.
enum NumberText {
  /// `value` with exactly `digits` decimals.
  static func fixed(_ value: Double, _ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = (value * scale).rounded()
    guard scaled.magnitude < 1e15 else { return "\(value)" }
    let whole = Int64(scaled)
    let unit = Int64(scale)
    let sign = whole < 0 ? "−" : ""
    let integer = grouped(Int(whole.magnitude) / Int(unit))
    guard digits > 0 else { return sign + integer }
    let fraction = String(Int64(whole.magnitude) % unit)
    return sign + integer + "." + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  /// An integer with thin spaces between groups of three digits from 10,000 on.
  static func grouped(_ value: Int) -> String {
    let digits = String(value.magnitude)
    guard digits.count > 4 else { return (value < 0 ? "−" : "") + digits }
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index).isMultiple(of: 3) { result += "\u{202F}" }
      result.append(digit)
    }
    return (value < 0 ? "−" : "") + result
  }

  /// A number with as many decimals as it has, at most two.
  static func short(_ value: Double) -> String {
    fixed(value, value == value.rounded() ? 0 : 2)
  }

  /// A share in percent with one decimal.
  static func percent(_ share: Double) -> String { fixed(share * 100, 1) + " %" }

  /// A figure of `metric`.
  static func figure(_ value: Double, of metric: HeadlineMetric) -> String {
    if metric.isShare { return percent(value) }
    return fixed(value, metric == .alertsPerCatch ? 1 : 3)
  }

  /// A difference of `metric`, with its sign.
  static func difference(_ value: Double, of metric: HeadlineMetric) -> String {
    let text = metric.isShare ? fixed(value * 100, 1) : figure(value, of: metric)
    // A difference that rounds to nothing has no direction.
    return value > 0 && text.contains(where: { ("1"..."9").contains($0) }) ? "+" + text : text
  }

  /// An interval of `metric`: `0.221–0.305`, `58.2–66.0 %`.
  static func interval(_ range: ClosedRange<Double>, of metric: HeadlineMetric) -> String {
    guard metric.isShare else {
      return figure(range.lowerBound, of: metric) + "–" + figure(range.upperBound, of: metric)
    }
    return fixed(range.lowerBound * 100, 1) + "–" + percent(range.upperBound)
  }
}
