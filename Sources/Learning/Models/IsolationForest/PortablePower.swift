/// 2 to a power, written so that a loop over it becomes vector instructions and gives the same bits as a single call.
enum PortablePower {
  /// 2 to the power `x`, for `x` ≤ 0; below −1022 the smallest normal number, so that a score is never 0.
  ///
  /// The error is below 1 unit in the last place: the polynomial is the Taylor series of e^(x ln 2) to degree 13 on
  /// |x| ≤ ½, evaluated without fused operations.
  @inline(__always)
  static func exp2(_ x: Double) -> Double {
    let clamped = x < -1022 ? -1022 : x
    // Adding 1.5 · 2⁵² rounds to the nearest integer and leaves it in the low bits.
    let shifted = clamped + 0x1.8p52
    let power = shifted - 0x1.8p52
    let t = (clamped - power) * 0.6931471805599453
    var series = 1.6059043836821613e-10
    series = series * t + 2.08767569878681e-09
    series = series * t + 2.505210838544172e-08
    series = series * t + 2.755731922398589e-07
    series = series * t + 2.7557319223985893e-06
    series = series * t + 2.48015873015873e-05
    series = series * t + 0.0001984126984126984
    series = series * t + 0.001388888888888889
    series = series * t + 0.008333333333333333
    series = series * t + 0.041666666666666664
    series = series * t + 0.16666666666666666
    series = series * t + 0.5
    series = series * t + 1
    series = series * t + 1
    let exponent = (shifted.bitPattern &+ 1023) << 52
    return series * Double(bitPattern: exponent)
  }
}
