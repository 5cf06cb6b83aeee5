extension Span<Double> {
  /// Eight values from `index` on.
  @inline(__always)
  func lanes(at index: Int) -> SIMD8<Double> {
    precondition(index >= 0 && index + 8 <= count, "eight values are there")
    return SIMD8(
      self[index], self[index + 1], self[index + 2], self[index + 3], self[index + 4],
      self[index + 5], self[index + 6], self[index + 7])
  }
}
