internal import Memory

extension QuickSums {
  /// The smallest and the largest number seen; NaN is passed over.
  struct Extremes {
    private var low = SIMD8<Double>(repeating: .infinity)
    private var high = SIMD8<Double>(repeating: -.infinity)

    @inline(__always)
    mutating func add(_ lanes: SIMD8<Double>) {
      low.replace(with: lanes, where: lanes .< low)
      high.replace(with: lanes, where: lanes .> high)
    }

    @inline(__always)
    mutating func add(_ value: Double) {
      low[0] = value < low[0] ? value : low[0]
      high[0] = value > high[0] ? value : high[0]
    }

    var minimum: Double {
      @inline(__always) get {
        let four = low.lowHalf.replacing(with: low.highHalf, where: low.highHalf .< low.lowHalf)
        return min(min(four[0], four[1]), min(four[2], four[3]))
      }
    }

    var maximum: Double {
      @inline(__always) get {
        let four = high.lowHalf.replacing(
          with: high.highHalf, where: high.highHalf .> high.lowHalf)
        return max(max(four[0], four[1]), max(four[2], four[3]))
      }
    }
  }

  /// The centre and the grid of a series.
  struct Frame {
    /// The extremes of the series; 0 of a guess.
    private(set) var minimum = 0.0
    private(set) var maximum = 0.0
    let centre: Double
    /// Every point is a multiple of it; 0 where the points do not tell.
    private(set) var granularity = 0.0
    /// A power of two above every difference from the centre.
    let scale: Double
    /// Adding and subtracting it, 1.5 · 2⁵² grid units, rounds to the grid.
    let rounder: Double

    @inline(__always)
    private init(centre: Double, reach: Double) {
      self.centre = centre
      scale = 2 * Frame.powerOfTwo(in: reach)
      rounder = scale * 0x1.8p30
    }

    /// `nil` where sums of squares could overflow or vanish.
    init?(minimum: Double, maximum: Double) {
      let middle = minimum + (maximum - minimum) / 2
      let half = max(maximum - middle, middle - minimum)
      let isNarrow = half < 2 * Frame.commonPower(minimum, maximum)
      let reach = isNarrow ? half : max(minimum.magnitude, maximum.magnitude)
      guard reach > 0x1p-400, reach < 0x1p400 else { return nil }
      self.init(centre: isNarrow ? middle : 0, reach: reach)
      guard accept(minimum, maximum) else { return nil }
    }

    /// A frame with some room around the first sixteen values; `nil` where those tell nothing.
    @inline(__always)
    init?(guessedFrom values: Span<Double>, _ range: Range<Int>) {
      guard range.count >= 16 else { return nil }
      var extremes = Extremes()
      extremes.add(values.lanes(at: range.lowerBound))
      extremes.add(values.lanes(at: range.lowerBound + 8))
      let (minimum, maximum) = (extremes.minimum, extremes.maximum)
      let middle = minimum + (maximum - minimum) / 2
      let isOneSided = minimum * maximum > 0
      let reach = 2.5 * (isOneSided ? maximum - middle : max(-minimum, maximum))
      guard reach > 0x1p-400, reach < 0x1p400 else { return nil }
      self.init(centre: isOneSided ? middle : 0, reach: reach)
    }

    /// This guess with the extremes of the whole series; `nil` where sums in it are not exact.
    @inline(__always)
    func holding(_ extremes: Extremes) -> Frame? {
      var frame = self
      return frame.accept(extremes.minimum, extremes.maximum) ? frame : nil
    }

    /// Whether differences from the centre are exact and below the scale.
    ///
    /// No point is nearer to zero than one of the extremes, if both lie on one side of it; so all are multiples of that one's
    /// last bit, and so is a centre between them. A difference of less than 2⁵³ of these bits is exact.
    @inline(__always)
    private mutating func accept(_ minimum: Double, _ maximum: Double) -> Bool {
      let power = Frame.commonPower(minimum, maximum)
      let reach = max(maximum - centre, centre - minimum)
      guard reach < scale, centre == 0 || reach < 2 * power else { return false }
      granularity = power * 0x1p-52
      // Adding zero turns −0 into 0.
      self.minimum = minimum + 0
      self.maximum = maximum + 0
      return true
    }

    /// The largest power of two that is not above the magnitude of any number between two of the same sign; 0 else.
    @inline(__always)
    private static func commonPower(_ minimum: Double, _ maximum: Double) -> Double {
      minimum.sign == maximum.sign
        ? powerOfTwo(in: min(minimum.magnitude, maximum.magnitude)) : 0
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
