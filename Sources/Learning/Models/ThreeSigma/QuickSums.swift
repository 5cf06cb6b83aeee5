internal import Memory

/// Sums of a series that are good enough to round mean and variance correctly, nearly always.
///
/// Every difference d from a centre is split into t, a multiple of a grid of 22 bits below the largest |d|, and a rest r.
/// Σt and Σt² are exact, because 22, or 44, bits and the bits of the count fit in one `Double`, or in two; Σr and
/// Σ(d² − t²) = Σ r·(d + t) are a millionth of that and may be rounded. `SummaryLanes` bounds the errors and gives no
/// result that could round either way.
struct QuickSums {
  /// Fewer points than this have exact sums.
  static let countLimit = 1 << 20
  /// The sum of as many squares is exact in one `Double`.
  static let chunk = 256
  /// How many additions a rest of a chunk goes through: 32 in a lane, 3 across the lanes, at most 7 single ones.
  private static let chunkDepth = 42

  /// What the differences are taken from.
  let frame: Frame
  /// How many points were added.
  private(set) var count = 0
  /// How many additions a rest went through, at the most.
  private(set) var depth = 0
  /// Σt.
  private(set) var first = 0.0
  /// Σt² as an unevaluated sum of two numbers.
  private(set) var second = (high: 0.0, low: 0.0)
  /// Σr.
  private(set) var firstRest = 0.0
  /// Σ r·(d + t).
  private(set) var secondRest = 0.0

  init(_ frame: Frame) {
    self.frame = frame
  }

  /// The sums of a series; `nil` where they cannot be exact: extreme magnitudes, infinities, a million points. NaN makes
  /// all sums NaN.
  ///
  /// The frame is guessed from the first values, so that one pass over the series is enough where the guess holds.
  @inline(__always)
  init?(of values: Span<Double>, _ range: Range<Int>) {
    if range.count <= QuickSums.chunk, let guess = Frame(guessedFrom: values, range) {
      var extremes = Extremes()
      let sums = QuickSums.chunk(of: values, range, guess, &extremes)
      if let frame = guess.holding(extremes) {
        self.init(frame)
        (first, second.high, firstRest, secondRest) = (sums[0], sums[1], sums[2], sums[3])
        count = range.count
        depth = QuickSums.chunkDepth
        return
      }
    }
    self.init(precisely: values, range)
  }

  /// The sums of a series in the frame of its extremes, by two passes.
  @inline(never)
  init?(precisely values: Span<Double>, _ range: Range<Int>) {
    guard range.count < QuickSums.countLimit else { return nil }
    var extremes = Extremes()
    var start = range.lowerBound
    while start + 8 <= range.upperBound {
      extremes.add(values.lanes(at: start))
      start += 8
    }
    for index in start..<range.upperBound { extremes.add(values[index]) }
    guard let frame = Frame(minimum: extremes.minimum, maximum: extremes.maximum) else {
      return nil
    }
    self.init(frame)
    start = range.lowerBound
    while start < range.upperBound {
      let end = min(start + QuickSums.chunk, range.upperBound)
      let part = QuickSums.chunk(of: values, start..<end, frame, &extremes)
      add(part, count: end - start, depth: QuickSums.chunkDepth)
      start = end
    }
  }

  /// Adds [Σt, Σt², Σr, Σ r·(d + t)] of at most 256 points, whose rests went through `depth` additions.
  @inline(__always)
  mutating func add(_ part: SIMD4<Double>, count: Int, depth: Int) {
    self.count += count
    self.depth = max(self.depth, depth) + 1
    first += part[0]
    // Knuth's exact sum; what the high part loses adds up exactly in the low one.
    let high = second.high + part[1]
    let share = high - second.high
    second.low += (second.high - (high - share)) + (part[1] - share)
    second.high = high
    firstRest += part[2]
    secondRest += part[3]
  }

  /// Adds the sums of other points in the same frame.
  mutating func merge(_ other: QuickSums) {
    add(
      SIMD4(other.first, other.second.high, other.firstRest, other.secondRest),
      count: other.count, depth: other.depth)
    second.low += other.second.low
  }

  @inline(__always)
  private static func chunk(
    of values: Span<Double>, _ range: Range<Int>, _ frame: Frame, _ extremes: inout Extremes
  ) -> SIMD4<Double> {
    var t1 = SIMD8<Double>.zero
    var t2 = SIMD8<Double>.zero
    var r1 = SIMD8<Double>.zero
    var r2 = SIMD8<Double>.zero
    let centres = SIMD8<Double>(repeating: frame.centre)
    let rounders = SIMD8<Double>(repeating: frame.rounder)
    var index = range.lowerBound
    while index + 8 <= range.upperBound {
      let lanes = values.lanes(at: index)
      extremes.add(lanes)
      let d = lanes - centres
      let t = (d + rounders) - rounders
      let r = d - t
      t1 += t
      t2 += t * t
      r1 += r
      r2 += r * (d + t)
      index += 8
    }
    var sums = SIMD4(t1.sum(), t2.sum(), r1.sum(), r2.sum())
    while index < range.upperBound {
      extremes.add(values[index])
      sums += frame.terms(of: values[index])
      index += 1
    }
    return sums
  }
}
