/// Sorting of finite numbers without branches that depend on them.
///
/// A comparison of random numbers is a coin that the processor cannot foresee; here its outcome only moves an index
/// (Lomuto's partition with an unconditional swap), which makes series of some hundred values several times faster to sort
/// than the standard library's general sort.
enum AscendingOrder {
  private static let insertionLimit = 20

  /// Sorts `values`; equal numbers must have equal bits.
  ///
  /// - Precondition: no value is NaN.
  static func sort(_ values: inout [Double]) {
    // Quicksort can be led astray by a malicious order; past this depth the general sort takes over.
    let depth = 3 * (Int.bitWidth - values.count.leadingZeroBitCount)
    var span = values.mutableSpan
    if !sort(&span, 0..<span.count, depth: depth) { values.sort() }
  }

  /// - Returns: whether the depth sufficed.
  private static func sort(
    _ values: inout MutableSpan<Double>, _ whole: Range<Int>, depth: Int
  ) -> Bool {
    var range = whole
    var depth = depth
    while range.count > insertionLimit {
      depth -= 1
      guard depth > 0 else { return false }
      let pivot = median(
        values[range.lowerBound], values[range.lowerBound + range.count / 2],
        values[range.upperBound - 1])
      let middle = partition(&values, range) { $0 < pivot }
      // What equals the pivot is in its place; this also ends stretches of one value.
      let end = partition(&values, middle..<range.upperBound) { $0 <= pivot }
      guard sort(&values, range.lowerBound..<middle, depth: depth) else { return false }
      range = end..<range.upperBound
    }
    for index in range.dropFirst() {
      let value = values[index]
      var hole = index
      while hole > range.lowerBound && values[hole - 1] > value {
        values[hole] = values[hole - 1]
        hole -= 1
      }
      values[hole] = value
    }
    return true
  }

  /// Moves what belongs to the front there, and returns where the rest begins.
  @inline(__always)
  private static func partition(
    _ values: inout MutableSpan<Double>, _ range: Range<Int>, _ isFront: (Double) -> Bool
  ) -> Int {
    var end = range.lowerBound
    for index in range {
      let value = values[index]
      values[index] = values[end]
      values[end] = value
      end += isFront(value) ? 1 : 0
    }
    return end
  }

  private static func median(_ a: Double, _ b: Double, _ c: Double) -> Double {
    max(min(a, b), min(max(a, b), c))
  }
}
