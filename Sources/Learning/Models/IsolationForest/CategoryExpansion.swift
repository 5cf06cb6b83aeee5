/// Rows with a column more for each tree and categorical feature: the category's place in that tree.
///
/// With them the trees of a forest over categories are trees over numbers, for every way of scoring.
struct CategoryExpansion: Sendable {
  let featureCount: Int
  /// Columns of an expanded row: the features, then tree after tree a place for each categorical feature.
  let columnCount: Int
  private let categories: [CategoryPlaces]
  /// For each categorical feature the places by code, a tree beside the other; after the codes' those of all others.
  private let tables: [[Double]]

  /// Cells of the expanded rows that are held at once.
  static let cellCount = 1 << 20

  /// `nil` when all features are numbers.
  init?(_ trees: ForestTrees, featureCount: Int) throws(ModelError) {
    guard !trees.categories.isEmpty else { return nil }
    let treeCount = trees.nodeCounts.count
    for category in trees.categories {
      if let flaw = category.flaw(featureCount: featureCount, treeCount: treeCount) {
        throw .malformed(reason: flaw)
      }
    }
    guard Set(trees.categories.map(\.feature)).count == trees.categories.count else {
      throw .malformed(reason: "a categorical column is described twice")
    }
    self.featureCount = featureCount
    columnCount = featureCount + treeCount * trees.categories.count
    guard columnCount <= Int(Int32.max) else {
      throw .malformed(reason: "too many trees over categorical columns")
    }
    categories = trees.categories
    tables = trees.categories.map { category in
      let width = category.codes.count
      return category.codes.indices.flatMap { code in
        (0..<treeCount).map { Double(category.places[$0 * width + code]) }
      } + category.otherPlaces.map(Double.init)
    }
  }

  /// The trees over expanded rows.
  func expanded(_ trees: ForestTrees) -> ForestTrees {
    var numbers = [Int32](repeating: -1, count: featureCount)
    for (number, category) in categories.enumerated() {
      numbers[category.feature] = Int32(number)
    }
    var expanded = trees
    expanded.categories = []
    var node = 0
    var term = 0
    for (tree, nodeCount) in trees.nodeCounts.enumerated() {
      let first = Int32(featureCount + tree * categories.count)
      for _ in 0..<nodeCount {
        defer { node += 1 }
        guard trees.isSplit[node] else { continue }
        for _ in 0..<trees.termCount {
          let number = numbers[Int(trees.features[term])]
          if number >= 0 { expanded.features[term] = first + number }
          term += 1
        }
      }
    }
    guard trees.termCount > 1 else { return expanded }
    for tree in trees.nodeCounts.indices {
      expanded.centers += categories.map { $0.centers[tree] }
    }
    return expanded
  }

  /// Amounts by column of expanded rows, added up by feature.
  func folded(_ amounts: [Double]) -> [Double] {
    var folded = Array(amounts[..<featureCount])
    for column in featureCount..<columnCount {
      folded[categories[(column - featureCount) % categories.count].feature] += amounts[column]
    }
    return folded
  }

  /// Writes the expanded form of `row` to `target`.
  func expand<Scalar: RankedScalar>(
    _ row: Span<Scalar>, into target: inout MutableSpan<Scalar>, at start: Int
  ) {
    for column in row.indices { target[start + column] = row[column] }
    let treeCount = (columnCount - featureCount) / categories.count
    for (number, category) in categories.enumerated() {
      let value = row[category.feature]
      let index = category.index(of: Double(value)) ?? category.codes.count
      let table = tables[number]
      let places = table.span.extracting(index * treeCount..<(index + 1) * treeCount)
      var column = start + featureCount + number
      for tree in places.indices {
        target[column] = value.isNaN ? .nan : Scalar(places[tree])
        column += categories.count
      }
    }
  }

  /// The expanded form of rows, row-major as they are.
  func expanded<Scalar: RankedScalar>(_ rows: Span<Scalar>) -> [Scalar] {
    let rowCount = rows.count / featureCount
    var cells = [Scalar](repeating: 0, count: rowCount * columnCount)
    var target = cells.mutableSpan
    for row in 0..<rowCount {
      expand(
        rows.extracting(row * featureCount..<(row + 1) * featureCount), into: &target,
        at: row * columnCount)
    }
    return cells
  }
}
