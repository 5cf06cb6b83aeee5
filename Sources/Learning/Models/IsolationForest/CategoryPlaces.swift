/// What the trees of a forest make of a categorical column, whose values are only equal or different.
///
/// Each tree puts the categories of its sample in a random order and numbers their places from 0; to it the column is
/// these numbers. A threshold between places parts the categories into two random subsets. As the order within a
/// subset is as random as the whole, one order for a tree gives the same trees as an order for each split does.
/// A category that the tree's sample lacks has the place of the sample's rarest: it is as easily isolated. A missing
/// value stays missing.
public struct CategoryPlaces: Equatable, Sendable {
  /// The column, counted among the features.
  public let feature: Int
  /// The categories that some tree's sample has, ascending.
  public private(set) var codes: [Double]
  /// The texts of the codes, for people; empty where they are not known.
  public private(set) var names: [String] = []
  /// For each tree the place of every code.
  public private(set) var places: [Int32]
  /// For each tree the place of its sample's rarest category.
  public private(set) var otherPlaces: [Int32]
  /// For each tree the mean place in its sample, which explanations of hyperplanes measure from.
  public private(set) var centers: [Double]

  /// Joins the parts; `places` has `codes.count` entries a tree, tree after tree.
  public init(
    feature: Int, codes: [Double], names: [String] = [], places: [Int32], otherPlaces: [Int32],
    centers: [Double]
  ) {
    self.feature = feature
    self.codes = codes
    self.names = names
    self.places = places
    self.otherPlaces = otherPlaces
    self.centers = centers
  }

  /// How many trees there are.
  public var treeCount: Int { otherPlaces.count }

  /// The place of the category `code` in `tree`; NaN for a missing value.
  public func place(of code: Double, tree: Int) -> Double {
    if code.isNaN { return .nan }
    guard let index = index(of: code) else { return Double(otherPlaces[tree]) }
    return Double(places[tree * codes.count + index])
  }

  /// The number of `code` among `codes`.
  func index(of code: Double) -> Int? {
    var low = 0
    var high = codes.count
    while low < high {
      let middle = (low + high) / 2
      if codes[middle] < code { low = middle + 1 } else { high = middle }
    }
    return low < codes.count && codes[low] == code ? low : nil
  }

  /// The same with the texts of the codes that `texts` knows.
  func named(_ texts: [Double: String]) -> CategoryPlaces {
    var named = self
    named.names = codes.map { texts[$0] ?? "" }
    return named
  }

  /// The text of the category `code`, where it is known.
  func name(of code: Double) -> String? {
    guard !names.isEmpty, let index = index(of: code), !names[index].isEmpty else { return nil }
    return names[index]
  }

  /// Joins the places of trees that follow each other.
  ///
  /// - Precondition: there are some, all of one column.
  init(joining parts: [CategoryPlaces]) {
    feature = parts[0].feature
    precondition(parts.allSatisfy { $0.feature == parts[0].feature }, "places are of one column")
    let codes = Set(parts.flatMap(\.codes)).sorted()
    self.codes = codes
    let texts = parts.filter { !$0.names.isEmpty }.flatMap { zip($0.codes, $0.names) }
    let nameOfCode = Dictionary(texts) { first, _ in first }
    names = nameOfCode.isEmpty ? [] : codes.map { nameOfCode[$0] ?? "" }
    otherPlaces = parts.flatMap(\.otherPlaces)
    centers = parts.flatMap(\.centers)
    places = []
    places.reserveCapacity(otherPlaces.count * codes.count)
    for part in parts {
      let sources = codes.map { part.index(of: $0) }
      for tree in 0..<part.treeCount {
        for source in sources {
          places.append(
            source.map { part.places[tree * part.codes.count + $0] } ?? part.otherPlaces[tree])
        }
      }
    }
  }

  /// The places of the trees after the first `count`.
  func droppingTrees(_ count: Int) -> CategoryPlaces {
    CategoryPlaces(
      feature: feature, codes: codes, names: names,
      places: Array(places.dropFirst(count * codes.count)),
      otherPlaces: Array(otherPlaces.dropFirst(count)), centers: Array(centers.dropFirst(count)))
  }

  /// What is wrong with the parts, if anything.
  func flaw(featureCount: Int, treeCount: Int) -> String? {
    guard (0..<featureCount).contains(feature) else { return "a categorical column does not exist" }
    guard otherPlaces.count == treeCount, centers.count == treeCount,
      places.count == treeCount * codes.count
    else { return "a categorical column has not its places in every tree" }
    guard names.isEmpty || names.count == codes.count else {
      return "a categorical column has not a name for every category"
    }
    guard codes.allSatisfy(\.isFinite), zip(codes, codes.dropFirst()).allSatisfy({ $0 < $1 }) else {
      return "the categories of a column are not numbers in ascending order"
    }
    guard centers.allSatisfy(\.isFinite) else { return "a center of categories is not finite" }
    return nil
  }
}

extension IsolationForest {
  /// The names of the features whose values are only equal or different.
  public var categoricalFeatureNames: [String] {
    trees.categories.map { featureNames[$0.feature] }
  }

  /// The text of the value `code` of a categorical feature; `nil` for a number or where the text is not known.
  public func categoryName(feature: Int, code: Double) -> String? {
    trees.categories.first { $0.feature == feature }?.name(of: code)
  }

  /// The same forest that also knows the texts of its categories.
  ///
  /// - Parameter texts: The texts by code, as `CategoryCode.of` gives it.
  public func namingCategories(_ texts: [Double: String]) -> IsolationForest {
    var trees = trees
    trees.categories = trees.categories.map { $0.named(texts) }
    return IsolationForest(copying: self, trees: trees)
  }
}
