internal import Memory

extension QuickSums {
  /// The centre and the grid of a series, which its extremes decide.
  struct Frame {
    let minimum: Double
    let maximum: Double
    let centre: Double
    /// Every point is a multiple of it; 0 where the points do not tell.
    let granularity: Double
    /// A power of two above every difference from the centre.
    let scale: Double
    /// Adding and subtracting it, 1.5 · 2⁵² grid units, rounds to the grid.
    let rounder: Double

    /// `nil` where sums of squares could overflow or vanish.
    init?(minimum: Double, maximum: Double) {
      guard minimum.isFinite, maximum.isFinite else { return nil }
      let largest = max(minimum.magnitude, maximum.magnitude)
      guard largest < 0x1p400, largest > 0x1p-400 else { return nil }
      // No point is nearer to zero than one of the extremes, if both lie on one side of it; so all are multiples of that
      // one's last bit, and so is the middle. A difference of less than 2⁵³ of these bits is exact.
      let nearest = min(minimum.magnitude, maximum.magnitude)
      let power = minimum.sign == maximum.sign ? Frame.powerOfTwo(in: nearest) : 0
      let middle = minimum + (maximum - minimum) / 2
      let half = max(maximum - middle, middle - minimum)
      let isNarrow = half < 2 * power
      centre = isNarrow ? middle : 0
      let reach = isNarrow ? half : largest
      guard reach > 0x1p-400 else { return nil }
      granularity = power * 0x1p-52
      // Adding zero turns −0 into 0.
      self.minimum = minimum + 0
      self.maximum = maximum + 0
      scale = 2 * Frame.powerOfTwo(in: reach)
      rounder = scale * 0x1.8p30
    }

    /// NaN is passed over here; it makes every sum NaN, which decides nothing.
    @inline(__always)
    init?(around values: Span<Double>, _ range: Range<Int>) {
      var low = SIMD8<Double>(repeating: .infinity)
      var high = -low
      var index = range.lowerBound
      while index + 8 <= range.upperBound {
        let lanes = values.lanes(at: index)
        low.replace(with: lanes, where: lanes .< low)
        high.replace(with: lanes, where: lanes .> high)
        index += 8
      }
      let low4 = low.lowHalf.replacing(with: low.highHalf, where: low.highHalf .< low.lowHalf)
      let high4 = high.lowHalf.replacing(with: high.highHalf, where: high.highHalf .> high.lowHalf)
      var minimum = min(min(low4[0], low4[1]), min(low4[2], low4[3]))
      var maximum = max(max(high4[0], high4[1]), max(high4[2], high4[3]))
      while index < range.upperBound {
        minimum = min(minimum, values[index])
        maximum = max(maximum, values[index])
        index += 1
      }
      self.init(minimum: minimum, maximum: maximum)
    }

    /// The largest power of two that is not above a normal, positive number; 0 for smaller ones.
    @inline(__always)
    private static func powerOfTwo(in number: Double) -> Double {
      Double(bitPattern: number.bitPattern & Double.infinity.bitPattern)
    }

    /// What a value adds to the four sums.
    @inline(__always)
    func terms(of value: Double) -> SIMD4<Double> {
      let d = value - centre
      let t = (d + rounder) - rounder
      let r = d - t
      return SIMD4(t, t * t, r, r * (d + t))
    }
  }
}
