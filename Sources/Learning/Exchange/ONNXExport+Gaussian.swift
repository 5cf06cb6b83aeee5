internal import Models
internal import ONNX
internal import Tabular

extension ONNXExport {
  /// The length of (x − location) · inverse scale · L⁻ᵀ, in float64; a missing value makes the score NaN.
  func graph(of gaussian: GaussianDetector) -> ONNXGraphBody {
    let count = gaussian.featureNames.count
    let inverse = Self.inverse(of: gaussian.factor)
    let wide = Int64(ONNXElementType.float64.rawValue)
    let narrow = Int64(ONNXElementType.float32.rawValue)
    var body = ONNXGraphBody(
      nodes: [
        ONNXNode("Cast", ["features"], to: ["wide"], attributes: [("to", .integer(wide))]),
        ONNXNode("Sub", ["wide", "location"], to: ["difference"]),
        ONNXNode("Mul", ["difference", "inverse_scale"], to: ["scaled"]),
        ONNXNode("MatMul", ["scaled", "whitening"], to: ["white"]),
        ONNXNode(
          "ReduceL2", ["white"], to: ["distance"],
          attributes: [("axes", .integers([1])), ("keepdims", .integer(1))]),
        ONNXNode("Cast", ["distance"], to: ["score"], attributes: [("to", .integer(narrow))]),
      ],
      constants: [
        ONNXTensor("location", .float64(gaussian.location)),
        ONNXTensor("inverse_scale", .float64(gaussian.inverseScale)),
        ONNXTensor("whitening", .float64(inverse.transposed()), shape: [count, count]),
      ], missingValues: "a row that lacks a value scores NaN")
    guard options.hasContributions else { return body }
    body.nodes += [
      // A row at the mean has the distance 0 and no contributions.
      ONNXNode("Max", ["distance", "smallest"], to: ["length"]),
      ONNXNode("MatMul", ["white", "whitening_back"], to: ["direction"]),
      ONNXNode("Mul", ["scaled", "direction"], to: ["terms"]),
      ONNXNode("Div", ["terms", "length"], to: ["shares"]),
      ONNXNode("Cast", ["shares"], to: ["contributions"], attributes: [("to", .integer(narrow))]),
    ]
    body.constants += [
      ONNXTensor("smallest", .float64([.leastNormalMagnitude]), shape: [1, 1]),
      ONNXTensor("whitening_back", .float64(inverse.values), shape: [count, count]),
    ]
    return body
  }

  /// The inverse of a lower triangular matrix, by forward substitution.
  private static func inverse(of factor: Matrix<Double>) -> Matrix<Double> {
    let count = factor.rowCount
    var inverse = Matrix<Double>(rowCount: count, columnCount: count)
    for column in 0..<count {
      for row in column..<count {
        var remainder = row == column ? 1.0 : 0
        for k in column..<max(row, column) { remainder -= factor[row, k] * inverse[k, column] }
        inverse[row, column] = remainder / factor[row, row]
      }
    }
    return inverse
  }
}

extension Matrix<Double> {
  /// The values column by column.
  fileprivate func transposed() -> [Double] {
    (0..<columnCount).flatMap { column in (0..<rowCount).map { self[$0, column] } }
  }
}
