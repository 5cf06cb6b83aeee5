/// The way to score blocks of a forest's rows, chosen once.
enum BlockScorer: Sendable {
  /// Every node of every tree, 32 rows an instruction: shallow axis-parallel trees.
  case ranks(RankKernel)
  /// Lists of rows: hyperplanes and deep trees.
  case lists(TreeSieve)

  /// Fewer rows than this are scored sooner one by one.
  static let minimumRowCount = 32

  init(_ structure: ForestStructure) {
    if let kernel = RankKernel(structure) {
      self = .ranks(kernel)
    } else {
      self = .lists(TreeSieve(structure))
    }
  }

  /// Adds to `sums` the leaf values of rows, row-major in `values`.
  ///
  /// A missing value takes the left branch; rows with one are the caller's to correct.
  func accumulate(
    _ values: Span<some TabledScalar>, columnCount: Int, into sums: inout [Int64]
  ) {
    switch self {
    case .ranks(let kernel): kernel.accumulate(values, columnCount: columnCount, into: &sums)
    case .lists(let sieve): sieve.accumulate(values, columnCount: columnCount, into: &sums)
    }
  }
}
