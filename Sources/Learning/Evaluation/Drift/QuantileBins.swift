public import JSON

/// Bins of a feature or score that each hold about the same share of the training rows, fixed when the model is trained.
///
/// Quantile bins see a shift of amounts to which equally wide bins are almost blind. A value that fills several quantiles
/// gets one bin of its own. Missing values have their own bin.
public struct QuantileBins: Equatable, Sendable {
  /// Upper edges of all bins but the last, ascending; a value equal to an edge lies below it.
  public let edges: [Double]
  /// Training rows a bin; the last count is of missing values.
  public let counts: [Int]

  /// Makes bins from training values; NaN is missing.
  ///
  /// - Throws: `EvaluationError` without any value that is there, or for fewer than 2 bins.
  public init(training values: [Double], binCount: Int = 10) throws(EvaluationError) {
    guard binCount >= 2 else {
      throw .invalidParameter(name: "drift bins", reason: "at least 2 are needed")
    }
    let sorted = values.filter { !$0.isNaN }.sorted()
    guard !sorted.isEmpty else { throw .noRows(reason: "a feature has no value to make bins of") }
    var edges: [Double] = []
    for index in 1..<binCount {
      let edge = sorted[min(sorted.count - 1, index * sorted.count / binCount)]
      if edge != edges.last && edge < sorted[sorted.count - 1] { edges.append(edge) }
    }
    self.edges = edges
    counts = QuantileBins.count(values, edges: edges)
  }

  /// How many of `values` each bin holds, missing ones last.
  public func counts(of values: [Double]) -> [Int] { QuantileBins.count(values, edges: edges) }

  /// The bin that holds `value`; the last one holds missing values.
  public func bin(of value: Double) -> Int { QuantileBins.bin(of: value, edges: edges) }

  private static func bin(of value: Double, edges: [Double]) -> Int {
    guard !value.isNaN else { return edges.count + 1 }
    var (low, high) = (0, edges.count)
    while low < high {
      let middle = (low + high) / 2
      if value <= edges[middle] { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private static func count(_ values: [Double], edges: [Double]) -> [Int] {
    var counts = [Int](repeating: 0, count: edges.count + 2)
    for value in values { counts[bin(of: value, edges: edges)] += 1 }
    return counts
  }

  /// `{"edges": […], "counts": […]}`, the last count of missing values.
  public var json: JSONObject {
    [
      "edges": .array(edges.map { .number($0) }),
      "counts": .array(counts.map { .integer(Int64($0)) }),
    ]
  }

  /// Reads bins back.
  ///
  /// - Throws: `EvaluationError.invalidParameter` when they are none.
  public init(_ json: JSONValue) throws(EvaluationError) {
    let edges = json["edges"]?.arrayValue?.compactMap(\.doubleValue) ?? []
    let counts = json["counts"]?.arrayValue?.compactMap(\.integerValue) ?? []
    guard counts.count == edges.count + 2, counts.allSatisfy({ (0...Int64(1) << 53).contains($0) }),
      zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }),
      edges.count == json["edges"]?.arrayValue?.count, counts.contains(where: { $0 > 0 })
    else {
      throw .invalidParameter(
        name: "drift bins", reason: "edges must rise and have two counts more than edges")
    }
    self.edges = edges
    self.counts = counts.map { Int($0) }
  }
}
