/// The project's random generator: xoshiro256** (Blackman & Vigna 2018), seeded through SplitMix64.
///
/// The same seed gives the same stream on every machine and in every version. Independent streams come from
/// `init(seed:stream:)`, so that work can be split over threads without its result depending on how.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  /// Starts the stream number `stream` of `seed`.
  public init(seed: UInt64, stream: UInt64 = 0) {
    var mixer = seed ^ SeededGenerator.mix(stream &+ 0x9E37_79B9_7F4A_7C15)
    func next() -> UInt64 {
      mixer &+= 0x9E37_79B9_7F4A_7C15
      return SeededGenerator.mix(mixer)
    }
    state = (next(), next(), next(), next())
  }

  /// A hash of 64 bits to 64 bits in which every input bit moves every output bit (SplitMix64's finaliser).
  public static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  public mutating func next() -> UInt64 {
    let result = rotateLeft(state.1 &* 5, by: 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = rotateLeft(state.3, by: 45)
    return result
  }

  /// A number in 0 ..< 1 with 53 random bits.
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A number in `low ..< high`, or `low` when both are equal.
  public mutating func uniform(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * uniform()
  }

  /// An integer in `0 ..< bound`, without bias (Lemire 2019).
  ///
  /// - Precondition: `bound > 0`.
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "an empty range has no member")
    let width = UInt64(bound)
    var product = next().multipliedFullWidth(by: width)
    if product.low < width {
      let threshold = (0 &- width) % width
      while product.low < threshold { product = next().multipliedFullWidth(by: width) }
    }
    return Int(product.high)
  }

  /// True with the given probability.
  public mutating func chance(_ probability: Double) -> Bool { uniform() < probability }

  /// A standard normal number (Marsaglia's polar method, through portable functions).
  public mutating func normal() -> Double {
    while true {
      let x = uniform(-1, 1)
      let y = uniform(-1, 1)
      let square = x * x + y * y
      if square > 0 && square < 1 {
        return x * (-2 * PortableMath.log(square) / square).squareRoot()
      }
    }
  }

  /// An exponential number with the given mean.
  public mutating func exponential(mean: Double) -> Double {
    -mean * PortableMath.log(1 - uniform())
  }

  /// A Poisson number: Knuth's product method, split so that a large mean does not underflow.
  public mutating func poisson(mean: Double) -> Int {
    var remaining = mean
    var count = 0
    while remaining > 0 {
      let part = min(remaining, 16)
      remaining -= part
      let limit = PortableMath.exp(-part)
      var product = uniform()
      while product > limit {
        count += 1
        product *= uniform()
      }
    }
    return count
  }

  /// `count` different integers of `0 ..< population`, in random order (a partial Fisher–Yates shuffle).
  ///
  /// - Complexity: O(count) time and memory, whatever the population.
  public mutating func sample(_ count: Int, from population: Int) -> [Int] {
    precondition(
      count <= population, "a sample without replacement is no larger than its population")
    var moved: [Int: Int] = [:]
    return (0..<count).map { index in
      let pick = index + below(population - index)
      let chosen = moved[pick] ?? pick
      moved[pick] = moved[index] ?? index
      return chosen
    }
  }

  private func rotateLeft(_ value: UInt64, by count: UInt64) -> UInt64 {
    value << count | value >> (64 - count)
  }
}
