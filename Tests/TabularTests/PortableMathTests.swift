import Glibc
import Tabular
import Testing

@Suite struct PortableMathTests {
  private func isClose(_ value: Double, _ expected: Double, ulps: Double = 4) -> Bool {
    value == expected || abs(value - expected) <= ulps * max(expected.ulp, .leastNormalMagnitude)
  }

  @Test func `logarithm and exponentials agree with the C library`() {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<20_000 {
      let x = PortableMath.exp(generator.uniform(-700, 700))
      #expect(isClose(PortableMath.log(x), Glibc.log(x)))
      let y = generator.uniform(-740, 700)
      #expect(isClose(PortableMath.exp(y), Glibc.exp(y)))
      let z = generator.uniform(-1074, 1023)
      #expect(isClose(PortableMath.exp2(z), Glibc.exp2(z)))
    }
  }

  @Test func `trigonometry agrees with the C library`() {
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<20_000 {
      let x = generator.uniform(-1000, 1000)
      #expect(abs(PortableMath.sin(x) - Glibc.sin(x)) < 1e-13)
      #expect(abs(PortableMath.cos(x) - Glibc.cos(x)) < 1e-13)
      let y = generator.uniform(-1, 1)
      #expect(abs(PortableMath.asin(y) - Glibc.asin(y)) < 1e-15 * 4)
      #expect(isClose(PortableMath.atan(x), Glibc.atan(x)))
    }
  }

  @Test func `edges are defined`() {
    #expect(PortableMath.log(0) == -.infinity)
    #expect(PortableMath.log(-1).isNaN)
    #expect(PortableMath.exp(1000) == .infinity)
    #expect(PortableMath.exp(-1000) == 0)
    #expect(PortableMath.exp2(-1074) == .leastNonzeroMagnitude)
    #expect(PortableMath.exp2(10) == 1024)
    #expect(PortableMath.exp(.nan).isNaN)
    #expect(PortableMath.asin(2).isNaN)
  }
}
