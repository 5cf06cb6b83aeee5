/// The exact sum of any number of `Double`s or of their squares: no rounding, so no order.
///
/// A long fixed-point number in limbs of 32 bits held in 64-bit words, so that two thousand million additions pass before
/// carries have to be moved (the "superaccumulator" of Kulisch, in its carry-save form). Only the limbs in use are stored:
/// about a dozen for ordinary data, at most 136.
public struct ExactSum: Equatable, Sendable {
  /// Limb `i` counts units of 2 to the power 32 · (`lowestLimb` + i).
  private var lowestLimb = 0
  private var limbs: [Int64] = []
  private var additionsSinceCarry = 0

  /// The sum of nothing.
  public init() {}

  /// Adds `value`.
  ///
  /// - Precondition: `value` is finite.
  public mutating func add(_ value: Double) {
    let (mantissa, exponent) = ExactSum.parts(of: value)
    if mantissa == 0 { return }
    let shifted = UInt128(mantissa) << UInt128(exponent & 31)
    let start = place(exponent >> 5, limbCount: 3)
    let sign: Int64 = value < 0 ? -1 : 1
    limbs[start] += sign * Int64(UInt32(truncatingIfNeeded: shifted))
    limbs[start + 1] += sign * Int64(UInt32(truncatingIfNeeded: shifted >> 32))
    limbs[start + 2] += sign * Int64(UInt32(truncatingIfNeeded: shifted >> 64))
  }

  /// Adds the exact square of `value`.
  ///
  /// - Precondition: `value` is finite.
  public mutating func addSquare(of value: Double) {
    let (mantissa, exponent) = ExactSum.parts(of: value)
    if mantissa == 0 { return }
    let square = UInt128(mantissa) * UInt128(mantissa)
    let shift = UInt128((2 * exponent) & 31)
    let start = place((2 * exponent) >> 5, limbCount: 5)
    let low = square << shift
    limbs[start] += Int64(UInt32(truncatingIfNeeded: low))
    limbs[start + 1] += Int64(UInt32(truncatingIfNeeded: low >> 32))
    limbs[start + 2] += Int64(UInt32(truncatingIfNeeded: low >> 64))
    limbs[start + 3] += Int64(UInt32(truncatingIfNeeded: low >> 96))
    if shift > 0 { limbs[start + 4] += Int64(UInt32(truncatingIfNeeded: square >> (128 - shift))) }
  }

  /// Adds another sum; the result is the same in every order of merging.
  public mutating func add(_ other: ExactSum) {
    guard !other.limbs.isEmpty else { return }
    propagateCarries()
    var other = other
    other.propagateCarries()
    let start = place(other.lowestLimb, limbCount: other.limbs.count)
    for (index, limb) in other.limbs.enumerated() { limbs[start + index] += limb }
    propagateCarries()
  }

  /// The value as sign and magnitude: `magnitude` · 2 to the `exponent`, negative or not.
  var signedMagnitude: (isNegative: Bool, magnitude: WideMagnitude, exponent: Int) {
    var canonical = self
    canonical.propagateCarries()
    let isNegative = (canonical.limbs.last ?? 0) < 0
    if isNegative {
      for index in canonical.limbs.indices { canonical.limbs[index].negate() }
      canonical.propagateCarries()
    }
    var words: [UInt64] = []
    words.reserveCapacity(canonical.limbs.count / 2 + 2)
    for (index, limb) in canonical.limbs.enumerated() {
      if index.isMultiple(of: 2) {
        words.append(UInt64(limb))
      } else {
        words[index / 2] |= UInt64(limb) << 32
      }
    }
    return (isNegative, WideMagnitude(limbs: words), canonical.lowestLimb * 32)
  }

  /// The sum, rounded once.
  public var value: Double {
    let (isNegative, magnitude, exponent) = signedMagnitude
    let value = magnitude.rounded(exponent: exponent, hasMore: false)
    return isNegative ? -value : value
  }

  public static func == (left: ExactSum, right: ExactSum) -> Bool { left.text == right.text }

  /// A finite value as an integer of 53 bits and the exponent of its last bit.
  private static func parts(of value: Double) -> (mantissa: UInt64, exponent: Int) {
    let biased = Int(value.exponentBitPattern)
    precondition(biased != 2047, "an exact sum has finite terms")
    return biased == 0
      ? (value.significandBitPattern, -1074)
      : (value.significandBitPattern | 1 << 52, biased - 1075)
  }

  /// The index of `limb` in `limbs`, after making room for `limbCount` of them.
  private mutating func place(_ limb: Int, limbCount: Int) -> Int {
    additionsSinceCarry += 1
    if additionsSinceCarry == 1 << 30 { propagateCarries() }
    if limbs.isEmpty {
      lowestLimb = limb
    } else if limb < lowestLimb {
      limbs.insert(contentsOf: repeatElement(0, count: lowestLimb - limb), at: 0)
      lowestLimb = limb
    }
    let start = limb - lowestLimb
    let missing = start + limbCount - limbs.count
    if missing > 0 { limbs.append(contentsOf: repeatElement(0, count: missing)) }
    return start
  }

  /// Brings every limb but the top one into 0 ..< 2³².
  private mutating func propagateCarries() {
    additionsSinceCarry = 0
    guard var last = limbs.indices.last else { return }
    for index in 0..<last {
      limbs[index + 1] += limbs[index] >> 32
      limbs[index] &= 0xFFFF_FFFF
    }
    // A top limb that outgrows 32 bits gets a limb above it, so that the next additions have room.
    while limbs[last] > 0xFFFF_FFFF || limbs[last] < -0xFFFF_FFFF {
      limbs.append(limbs[last] >> 32)
      limbs[last] &= 0xFFFF_FFFF
      last += 1
    }
    while let top = limbs.last, top == 0 || (top == -1 && limbs.count > 1) {
      limbs.removeLast()
      if top == -1, let below = limbs.indices.last { limbs[below] -= 1 << 32 }
    }
    let zeros = limbs.prefix { $0 == 0 }.count
    if zeros > 0 {
      limbs.removeFirst(zeros)
      lowestLimb += zeros
    }
    if limbs.isEmpty { lowestLimb = 0 }
  }
}

extension ExactSum {
  /// The exact value as text, such as `-0x1a2bp-52`: a hexadecimal integer times a power of two; one form per value.
  public var text: String {
    let (isNegative, magnitude, exponent) = signedMagnitude
    if magnitude.isZero { return "0x0p0" }
    let zeros = magnitude.trailingZeroBitCount
    let odd = magnitude.shiftedRight(by: zeros)
    var digits = ""
    for limb in odd.limbs.reversed() {
      let part = String(limb, radix: 16)
      digits += digits.isEmpty ? part : String(repeating: "0", count: 16 - part.count) + part
    }
    return "\(isNegative ? "-" : "")0x\(digits)p\(exponent + zeros)"
  }

  /// Reads what `text` writes; `nil` for anything else and for numbers that no sum of doubles or squares can reach.
  public init?(parsing text: String) {
    let isNegative = text.hasPrefix("-")
    let body = isNegative ? text.dropFirst() : text[...]
    guard body.hasPrefix("0x"), let mark = body.lastIndex(of: "p"),
      let exponent = Int(body[body.index(after: mark)...]), (-2148...2200).contains(exponent)
    else { return nil }
    let digits = body[body.index(body.startIndex, offsetBy: 2)..<mark]
    guard (1...1_100).contains(digits.utf8.count) else { return nil }
    self.init()
    var position = exponent
    for digit in digits.reversed() {
      guard let value = digit.hexDigitValue, digit.isASCII, !digit.isUppercase else { return nil }
      if value > 0 {
        let start = place(position >> 5, limbCount: 2)
        let shifted = Int64(value) << Int64(position & 31)
        limbs[start] += (isNegative ? -1 : 1) * (shifted & 0xFFFF_FFFF)
        limbs[start + 1] += (isNegative ? -1 : 1) * (shifted >> 32)
      }
      position += 4
    }
    guard position <= 4_400, self.text == text else { return nil }
  }
}
