import JSON
import Tabular
import Testing

@testable import Models

@Suite struct ReadableNumberTests {
  private static func text(_ write: (inout JSONBuffer) -> Void) -> String {
    var buffer = JSONBuffer()
    write(&buffer)
    return String(decoding: buffer.bytes, as: UTF8.self)
  }

  /// The plain way: the shortest text of the rounded number, without a point when it is whole.
  private static func plain(_ value: Double) -> String {
    if value == 0 { return "0" }
    return value == value.rounded() && value.magnitude < 1e15 ? "\(Int(value))" : "\(value)"
  }

  @Test(arguments: [
    (25.5, "25.5"), (20.509799136805555, "20.5098"), (-0.0001, "-0.0001"),
    (0.00012345678, "0.000123457"),
    (1, "1"), (-1, "-1"), (100_000, "100000"), (123_456_789, "123456789"), (999_999.96, "1000000"),
    (0.5, "0.5"), (9.999999, "10"), (99.99996, "100"), (-0.00099999999, "-0.001"), (0, "0"),
    (-0.0, "0"),
    (1e15, "1000000000000000.0"), (0.00001, "1e-05"), (.infinity, "null"),
  ])
  func `six digits say it`(value: Double, expected: String) {
    #expect(Self.text { ReadableNumber.write(value, to: &$0) } == expected)
  }

  @Test func `both forms are the shortest texts of the rounded numbers`() {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<20_000 {
      let exponent = Double.random(in: -3.9..<14.9, using: &generator)
      let value =
        Double.random(in: -1...1, using: &generator).sign == .minus
        ? -PortableMath.exp(exponent * 2.302585092994046)
        : PortableMath.exp(exponent * 2.302585092994046)
      var power = 1.0
      while value.magnitude * power < 1e5 { power *= 10 }
      let six = (value * power).rounded() / power
      #expect(Self.text { ReadableNumber.write(value, to: &$0) } == Self.plain(six))
      let magnitude = value.magnitude
      let one = magnitude < 100 ? (magnitude * 10).rounded() / 10 : magnitude.rounded()
      #expect(Self.text { ReadableNumber.writeOneDecimal(magnitude, to: &$0) } == Self.plain(one))
    }
  }
}
