/// Finds single order statistics without sorting, and without branches that depend on the numbers.
///
/// A sample gives two pivots around the rank asked for; counting tells which of the three parts holds it, and only that
/// part is kept (after Floyd & Rivest 1975).
struct OrderSelection {
  /// So few numbers are ranked by comparing each with all.
  private static let smallCount = 32
  private static let sampleCount = 16

  private var kept: [Double] = []
  private var sample = [Double](repeating: 0, count: OrderSelection.sampleCount)

  /// The numbers at `rank` and `rank + 1` in ascending order, counted from 0; the second is the first again at the end.
  ///
  /// - Precondition: there are more than `rank` numbers, all finite.
  /// - Complexity: O(values), O(values · log values) where pivots do not part them.
  mutating func neighbours(at rank: Int, of values: Span<Double>) -> (Double, Double) {
    let lower = element(at: rank, of: values)
    let (_, notAbove) = OrderSelection.counts(of: values, below: lower, notAbove: lower)
    guard notAbove == rank + 1, notAbove < values.count else { return (lower, lower) }
    var next = Double.infinity
    for index in values.indices {
      let isAbove = 0 &- lower.isBelow(values[index])
      next = min(
        next,
        Double(
          bitPattern: values[index].bitPattern & isAbove
            | Double.infinity.bitPattern & ~isAbove))
    }
    return (lower, next)
  }

  private mutating func element(at wholeRank: Int, of values: Span<Double>) -> Double {
    if kept.count < max(values.count, OrderSelection.smallCount) {
      kept = [Double](repeating: 0, count: max(values.count, OrderSelection.smallCount))
    }
    var (rank, count) = (wholeRank, values.count)
    OrderSelection.copy(values, to: &kept)
    while count > OrderSelection.smallCount {
      let (low, high) = pivots(around: rank, count: count)
      let (below, notAbove) = OrderSelection.counts(
        of: kept.span.extracting(first: count), below: low, notAbove: high)
      let bounds: (from: Double, to: Double)
      let rest: Int
      if rank < below {
        bounds = (-.infinity, low.nextDown)
        rest = below
      } else if rank < notAbove {
        if low == high { return low }
        bounds = (low, high)
        rest = notAbove - below
        rank -= below
      } else {
        bounds = (high.nextUp, .infinity)
        rest = count - notAbove
        rank -= notAbove
      }
      if rest == count {
        // Pivots are numbers of the sample, so this needs the smallest and the largest many times.
        return kept[..<count].sorted()[rank]
      }
      OrderSelection.keep(in: bounds, of: &kept, count: count)
      count = rest
    }
    for index in count..<OrderSelection.smallCount { kept[index] = .infinity }
    SortingNetwork.thirtyTwo.sort(&kept)
    return kept[rank]
  }

  private static func copy(_ values: Span<Double>, to kept: inout [Double]) {
    var target = kept.mutableSpan
    for index in values.indices { target[index] = values[index] }
  }

  /// Moves the numbers in range to the front.
  private static func keep(
    in bounds: (from: Double, to: Double), of kept: inout [Double], count: Int
  ) {
    var numbers = kept.mutableSpan
    var end = 0
    for index in 0..<count {
      let value = numbers[index]
      numbers[end] = value
      end &+= Int(1 ^ (value.isBelow(bounds.from) | bounds.to.isBelow(value)))
    }
  }

  private static func counts(
    of numbers: Span<Double>, below low: Double, notAbove high: Double
  ) -> (below: Int, notAbove: Int) {
    var below: UInt64 = 0
    var above: UInt64 = 0
    for index in numbers.indices {
      below &+= numbers[index].isBelow(low)
      above &+= high.isBelow(numbers[index])
    }
    return (Int(below), numbers.count - Int(above))
  }

  /// Takes a sample, and gives two numbers of it between which the rank probably is.
  private mutating func pivots(around rank: Int, count: Int) -> (low: Double, high: Double) {
    let size = OrderSelection.sampleCount
    for index in 0..<size { sample[index] = kept[index * count / size] }
    SortingNetwork.sixteen.sort(&sample)
    let position = rank * size / count
    return (sample[max(position - 2, 0)], sample[min(position + 2, size - 1)])
  }
}

/// A fixed sequence of comparisons that sorts so many numbers, whatever they are (Batcher 1968).
private struct SortingNetwork {
  static let sixteen = SortingNetwork(count: 16)
  static let thirtyTwo = SortingNetwork(count: 32)

  private let pairs: [SIMD2<UInt8>]

  /// - Parameter count: A power of two.
  init(count: Int) {
    var pairs: [SIMD2<UInt8>] = []
    var block = 1
    while block < count {
      var gap = block
      while gap > 0 {
        for start in stride(from: gap % block, to: count - gap, by: 2 * gap) {
          for low in start..<min(start + gap, count - gap)
          where low / (2 * block) == (low + gap) / (2 * block) {
            pairs.append(SIMD2(UInt8(low), UInt8(low + gap)))
          }
        }
        gap /= 2
      }
      block *= 2
    }
    self.pairs = pairs
  }

  /// Sorts the first numbers of `numbers`, as many as the network has inputs.
  func sort(_ numbers: inout [Double]) {
    var numbers = numbers.mutableSpan
    let pairs = pairs.span
    for index in pairs.indices {
      let (low, high) = (Int(pairs[index].x), Int(pairs[index].y))
      let (one, other) = (numbers[low], numbers[high])
      numbers[low] = min(one, other)
      numbers[high] = max(one, other)
    }
  }
}

extension Double {
  /// 1 for a number below `other`, else 0: the sign of the difference, which a processor needs no branch for.
  @inline(__always)
  func isBelow(_ other: Double) -> UInt64 { (self - other).bitPattern &>> 63 }
}
