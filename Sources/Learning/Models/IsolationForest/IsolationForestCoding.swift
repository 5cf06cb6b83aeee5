internal import Files
internal import JSON
internal import Tabular

/// The stored forms `isolation_forest/1` and, with categories, densities or ranges, `isolation_forest/2`.
///
/// Description: `kind`, `format`, `feature_names`, `sample_count`, `path_length` (`exact` or `approximate`), `threshold`,
/// `term_count`, `checksum` (16 hexadecimal digits over all tensors). Tensors, nodes in preorder tree after tree:
///
/// | name | type | one per |
/// |---|---|---|
/// | `node_counts` | int32 | tree |
/// | `is_split` | uint8 | 8 nodes, the first in the lowest bit |
/// | `features` | uint8, uint16 or int32, as small as the feature count allows | split and term |
/// | `weights` | float64 | split and term; only hyperplanes |
/// | `centers` | float64 | feature; only hyperplanes |
/// | `thresholds` | float64 | split |
/// | `missing` | uint8: 0 both, 1 left, 2 right | split; left out when all are 0 |
/// | `leaf_counts` | uint8, uint16 or int32, as small as the counts allow | leaf |
///
/// Format 2 has, where scores measure densities, `volumes` (float64, one per split), and with a penalty of ranges `ranges` (float64,
/// two per split). It adds to the description `categorical`, the numbers of the categorical features, and `category_names`, a list for
/// each with the texts of its codes or empty; and for the i-th of them:
///
/// | name | type | one per |
/// |---|---|---|
/// | `category_codes_i` | float64 | category, ascending |
/// | `category_places_i` | uint8, uint16 or int32, as small as the places allow | tree and category, and then tree for all others |
/// | `category_centers_i` | float64 | tree |
enum IsolationForestCoding {
  static let format: Int64 = 1
  static let laterFormat: Int64 = 2

  static func encode(_ forest: IsolationForest) -> EncodedDetector {
    let trees = forest.trees
    var tensors = [
      Tensor("node_counts", .int32(trees.nodeCounts)),
      Tensor("is_split", .uint8(packed(trees.isSplit))),
      Tensor("features", narrowest(trees.features, bound: forest.featureNames.count)),
    ]
    if trees.termCount > 1 {
      tensors.append(Tensor("weights", .float64(trees.weights)))
      tensors.append(Tensor("centers", .float64(trees.centers)))
    }
    tensors.append(Tensor("thresholds", .float64(trees.thresholds)))
    if trees.missing.contains(where: { $0 != .both }) {
      tensors.append(Tensor("missing", .uint8(trees.missing.map(\.rawValue))))
    }
    tensors.append(
      Tensor(
        "leaf_counts",
        narrowest(trees.leafCounts, bound: Int(trees.leafCounts.max() ?? 0) + 1)))
    if !trees.volumes.isEmpty { tensors.append(Tensor("volumes", .float64(trees.volumes))) }
    if !trees.ranges.isEmpty { tensors.append(Tensor("ranges", .float64(trees.ranges))) }
    for (number, category) in trees.categories.enumerated() {
      let places = category.places + category.otherPlaces
      tensors += [
        Tensor("category_codes_\(number)", .float64(category.codes)),
        Tensor(
          "category_places_\(number)", narrowest(places, bound: Int(places.max() ?? 0) + 1)),
        Tensor("category_centers_\(number)", .float64(category.centers)),
      ]
    }
    var description: JSONObject = [
      "kind": .string(IsolationForest.kind),
      "format": .integer(
        trees.categories.isEmpty && trees.volumes.isEmpty && trees.ranges.isEmpty
          ? format : laterFormat),
      "feature_names": .array(forest.featureNames.map { .string($0) }),
      "sample_count": .integer(Int64(forest.sampleCount)),
      "path_length": .string(forest.pathLength.rawValue),
      "threshold": .number(forest.threshold),
      "term_count": .integer(Int64(trees.termCount)),
      "checksum": .string(checksum(tensors)),
    ]
    if !trees.categories.isEmpty {
      description["categorical"] = .array(
        trees.categories.map { .integer(Int64($0.feature)) })
      description["category_names"] = .array(
        trees.categories.map { .array($0.names.map { .string($0) }) })
    }
    return EncodedDetector(description: description, tensors: tensors)
  }

  static func decode(_ encoded: EncodedDetector) throws(ModelError) -> IsolationForest {
    let description = encoded.description
    guard description["kind"]?.stringValue == IsolationForest.kind else {
      throw .malformed(reason: "it is not an isolation forest")
    }
    let version = description["format"]?.integerValue
    guard version == format || version == laterFormat else {
      throw .malformed(
        reason: "the format is neither isolation_forest/\(format) nor /\(laterFormat)")
    }
    guard
      let categorical = version == format
        ? [] : (description["categorical"] ?? .array([])).arrayValue?.map(\.integerValue),
      !categorical.contains(nil)
    else { throw .malformed(reason: "categorical is not a list of integers") }
    let categoryNames = (description["category_names"]?.arrayValue ?? []).map { list in
      (list.arrayValue ?? []).map { $0.stringValue ?? "" }
    }
    guard description["checksum"]?.stringValue == checksum(encoded.tensors) else {
      throw .malformed(reason: "the checksum of the arrays is wrong")
    }
    guard let names = description["feature_names"]?.arrayValue?.map(\.stringValue),
      !names.contains(nil)
    else { throw .malformed(reason: "feature_names is not a list of names") }
    guard let sampleCount = description["sample_count"]?.integerValue else {
      throw .malformed(reason: "sample_count is not an integer")
    }
    guard let pathLength = description["path_length"]?.stringValue.flatMap(PathLength.init) else {
      throw .malformed(reason: "path_length is neither exact nor approximate")
    }
    guard let threshold = description["threshold"]?.doubleValue else {
      throw .malformed(reason: "threshold is not a number")
    }
    guard let termCount = description["term_count"]?.integerValue, termCount > 0 else {
      throw .malformed(reason: "term_count is not a positive integer")
    }
    return try IsolationForest(
      featureNames: names.compactMap { $0 },
      trees: trees(
        encoded.tensors, termCount: Int(termCount), categorical: categorical.compactMap { $0 },
        names: categoryNames),
      sampleCount: Int(sampleCount), pathLength: pathLength, threshold: threshold)
  }

  private static func trees(
    _ tensors: [Tensor], termCount: Int, categorical: [Int64], names: [[String]]
  ) throws(ModelError) -> ForestTrees {
    var trees = ForestTrees(termCount: termCount)
    func elements(_ name: String) throws(ModelError) -> Tensor.Elements {
      guard let tensor = tensors.first(where: { $0.name == name }) else {
        throw .malformed(reason: "the array \(name) is missing")
      }
      return tensor.elements
    }
    func integers(_ name: String) throws(ModelError) -> [Int32] {
      switch try elements(name) {
      case .uint8(let values): return values.map(Int32.init)
      case .uint16(let values): return values.map(Int32.init)
      case .int32(let values): return values
      default: throw .malformed(reason: "the array \(name) has another type")
      }
    }
    func doubles(_ name: String) throws(ModelError) -> [Double] {
      guard case .float64(let values) = try elements(name) else {
        throw .malformed(reason: "the array \(name) has another type")
      }
      return values
    }
    trees.nodeCounts = try integers("node_counts")
    trees.features = try integers("features")
    trees.thresholds = try doubles("thresholds")
    trees.leafCounts = try integers("leaf_counts")
    if termCount > 1 {
      trees.weights = try doubles("weights")
      trees.centers = try doubles("centers")
    }
    guard case .uint8(let bits) = try elements("is_split") else {
      throw .malformed(reason: "the array is_split has another type")
    }
    let nodeCount = trees.thresholds.count + trees.leafCounts.count
    guard bits.count == (nodeCount + 7) / 8 else {
      throw .malformed(reason: "arrays of the trees differ in length")
    }
    trees.isSplit = (0..<nodeCount).map { bits[$0 / 8] >> UInt8($0 % 8) & 1 == 1 }
    if tensors.contains(where: { $0.name == "volumes" }) { trees.volumes = try doubles("volumes") }
    if tensors.contains(where: { $0.name == "ranges" }) { trees.ranges = try doubles("ranges") }
    let treeCount = trees.nodeCounts.count
    trees.categories = try categorical.enumerated().map { (number, feature) throws(ModelError) in
      let places = try integers("category_places_\(number)")
      guard places.count >= treeCount else {
        throw .malformed(reason: "a categorical column has not its places in every tree")
      }
      return CategoryPlaces(
        feature: Int(feature), codes: try doubles("category_codes_\(number)"),
        names: number < names.count ? names[number] : [],
        places: Array(places.dropLast(treeCount)), otherPlaces: Array(places.suffix(treeCount)),
        centers: try doubles("category_centers_\(number)"))
    }
    if tensors.contains(where: { $0.name == "missing" }) {
      trees.missing = try integers("missing").map { (value) throws(ModelError) in
        guard let rule = UInt8(exactly: value).flatMap(ForestTrees.MissingRule.init) else {
          throw .malformed(reason: "a rule for missing values is unknown")
        }
        return rule
      }
    } else {
      trees.missing = Array(repeating: .both, count: trees.thresholds.count)
    }
    return trees
  }

  private static func packed(_ flags: [Bool]) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: (flags.count + 7) / 8)
    for (index, flag) in flags.enumerated() where flag { bytes[index / 8] |= 1 << UInt8(index % 8) }
    return bytes
  }

  private static func narrowest(_ values: [Int32], bound: Int) -> Tensor.Elements {
    if bound <= 256 { return .uint8(values.map { UInt8(truncatingIfNeeded: $0) }) }
    if bound <= 65_536 { return .uint16(values.map { UInt16(truncatingIfNeeded: $0) }) }
    return .int32(values)
  }

  /// A hash that every bit of every tensor moves; it finds damage, not forgery.
  private static func checksum(_ tensors: [Tensor]) -> String {
    var hash: UInt64 = 0x616E_6F6D_616C_797A
    func add(_ word: UInt64) { hash = SeededGenerator.mix(hash ^ word) &+ 0x9E37_79B9_7F4A_7C15 }
    func addAll(_ values: [some FixedWidthInteger]) {
      for value in values { add(UInt64(truncatingIfNeeded: value)) }
    }
    for tensor in tensors.sorted(by: { $0.name < $1.name }) {
      addAll(Array(tensor.name.utf8))
      addAll(tensor.shape)
      switch tensor.elements {
      case .float64(let values): for value in values { add(value.bitPattern) }
      case .float32(let values): for value in values { add(UInt64(value.bitPattern)) }
      case .int64(let values): addAll(values)
      case .int32(let values): addAll(values)
      case .int16(let values): addAll(values)
      case .int8(let values): addAll(values)
      case .uint16(let values): addAll(values)
      case .uint8(let values): addAll(values)
      }
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension IsolationForest {
  /// The model in the form `isolation_forest/1`; equal models give equal bytes.
  public func encoded() -> EncodedDetector { IsolationForestCoding.encode(self) }

  public init(decoding encoded: EncodedDetector) throws(ModelError) {
    self = try IsolationForestCoding.decode(encoded)
  }
}
