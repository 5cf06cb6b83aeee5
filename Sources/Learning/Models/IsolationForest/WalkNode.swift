/// A node that a walk can step over without a test for the end of the path.
///
/// Siblings are neighbours and a leaf leads back to itself with a threshold that nothing exceeds, so a step is
/// `node = first + (projection > threshold ? 1 : 0)`. Each number of terms has a node of its own, small enough that a
/// tree stays in the first cache.
protocol WalkNode: Sendable {
  /// A split; `firstTerm` is where its terms start in the list of all.
  init(threshold: Double, first: Int32, terms: ArraySlice<WalkTerm>)
  var threshold: Double { get }
  /// The left child; the right one follows it. A leaf names itself.
  var first: Int32 { get }
  /// What the threshold is compared with.
  func projection(_ row: Span<Double>, _ terms: Span<WalkTerm>) -> Double
}

/// One feature of a hyperplane with its weight.
struct WalkTerm: Sendable {
  var weight: Double
  var feature: Int32
}

/// An axis-parallel split: 16 bytes, four a cache line.
struct AxisNode: WalkNode {
  var threshold: Double
  var first: Int32
  var feature: Int32

  init(threshold: Double, first: Int32, terms: ArraySlice<WalkTerm>) {
    self.threshold = threshold
    self.first = first
    feature = terms.first?.feature ?? 0
  }

  @inline(__always)
  func projection(_ row: Span<Double>, _ terms: Span<WalkTerm>) -> Double {
    row[Int(feature)]
  }
}

/// A hyperplane over two features.
struct PairNode: WalkNode {
  var threshold: Double
  var weights: (Double, Double)
  var first: Int32
  var features: (UInt16, UInt16)

  /// Features must fit in 16 bits.
  static let featureLimit = 65_536

  init(threshold: Double, first: Int32, terms: ArraySlice<WalkTerm>) {
    self.threshold = threshold
    self.first = first
    let terms = Array(terms)
    weights = terms.count == 2 ? (terms[0].weight, terms[1].weight) : (0, 0)
    features =
      terms.count == 2 ? (UInt16(terms[0].feature), UInt16(terms[1].feature)) : (0, 0)
  }

  @inline(__always)
  func projection(_ row: Span<Double>, _ terms: Span<WalkTerm>) -> Double {
    0 + weights.0 * row[Int(features.0)] + weights.1 * row[Int(features.1)]
  }
}

/// A hyperplane over three or four features; a missing fourth has no weight.
struct QuadNode: WalkNode {
  var threshold: Double
  var weights: (Double, Double, Double, Double)
  var features: (UInt16, UInt16, UInt16, UInt16)
  var first: Int32
  /// Fills a cache line, so that the place of a node is a shift away.
  private var padding: (Int32, Int32, Int32) = (0, 0, 0)

  /// Features must fit in 16 bits.
  static let featureLimit = 65_536

  init(threshold: Double, first: Int32, terms: ArraySlice<WalkTerm>) {
    self.threshold = threshold
    self.first = first
    weights = (0, 0, 0, 0)
    features = (0, 0, 0, 0)
    for (position, term) in terms.enumerated() {
      let feature = UInt16(term.feature)
      switch position {
      case 0: (weights.0, features.0) = (term.weight, feature)
      case 1: (weights.1, features.1) = (term.weight, feature)
      case 2: (weights.2, features.2) = (term.weight, feature)
      default: (weights.3, features.3) = (term.weight, feature)
      }
    }
  }

  @inline(__always)
  func projection(_ row: Span<Double>, _ terms: Span<WalkTerm>) -> Double {
    0 + weights.0 * row[Int(features.0)] + weights.1 * row[Int(features.1)]
      + weights.2 * row[Int(features.2)] + weights.3 * row[Int(features.3)]
  }
}

/// A hyperplane over any number of features, which lie in the list of terms.
struct PlaneNode: WalkNode {
  var threshold: Double
  var first: Int32
  var firstTerm: Int32
  var endTerm: Int32

  init(threshold: Double, first: Int32, terms: ArraySlice<WalkTerm>) {
    self.threshold = threshold
    self.first = first
    firstTerm = Int32(terms.startIndex)
    endTerm = Int32(terms.endIndex)
  }

  @inline(__always)
  func projection(_ row: Span<Double>, _ terms: Span<WalkTerm>) -> Double {
    var projection = 0.0
    for index in Int(firstTerm)..<Int(endTerm) {
      let term = terms[index]
      projection += term.weight * row[Int(term.feature)]
    }
    return projection
  }
}
