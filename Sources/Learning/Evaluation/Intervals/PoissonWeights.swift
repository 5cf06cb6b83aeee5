internal import Tabular

/// How often each unit is drawn in a replicate: Poisson numbers of mean 1 (the Poisson bootstrap), which need no count of
/// what was drawn before and are the same for every detector, so that differences are paired.
struct PoissonWeights: Sendable {
  private let table: [Float]

  init() {
    // Weight by 16 random bits: the cumulative Poisson distribution to 2^-16.
    var table: [Float] = []
    table.reserveCapacity(1 << 16)
    var probability = PortableMath.exp(-1)
    var cumulative = probability
    var weight = 0
    for index in 0..<(1 << 16) {
      while (Double(index) + 0.5) / 65_536 > cumulative && weight < 16 {
        weight += 1
        probability /= Double(weight)
        cumulative += probability
      }
      table.append(Float(weight))
    }
    self.table = table
  }

  /// The weights of all units in the eight replicates of `block`.
  func draw(unitCount: Int, seed: UInt64, block: Int) -> [SIMD8<Float>] {
    var generator = SeededGenerator(seed: seed, stream: UInt64(block) &+ 0x424F_4F54)
    return (0..<unitCount).map { _ in
      var weights = SIMD8<Float>.zero
      for half in 0..<2 {
        var bits = generator.next()
        for lane in 0..<4 {
          weights[half * 4 + lane] = table[Int(bits & 0xFFFF)]
          bits >>= 16
        }
      }
      return weights
    }
  }
}
