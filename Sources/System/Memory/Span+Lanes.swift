extension Span<Double> {
  /// Eight values from `index` on, read at once.
  ///
  /// Written as eight reads of one value each, it compiles to as many loads and seven shuffles.
  ///
  /// - Precondition: the eight values are there.
  @inlinable
  @inline(__always)
  public func lanes(at index: Int) -> SIMD8<Double> {
    precondition(index >= 0 && index <= count - 8, "eight values are there")
    return unsafe bytes.unsafeLoadUnaligned(
      fromByteOffset: index &* 8, as: SIMD8<Double>.self)
  }
}
