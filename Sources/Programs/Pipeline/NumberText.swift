/// A number with four decimals, for tables and lines.
public func fixed(_ value: Double) -> String {
  let scaled = (abs(value) * 10_000).rounded()
  guard scaled < 1e15 else { return "\(value)" }
  let digits = String(Int(scaled))
  let padded = String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  return (value < 0 && scaled > 0 ? "-" : "") + padded.dropLast(4) + "." + padded.suffix(4)
}
