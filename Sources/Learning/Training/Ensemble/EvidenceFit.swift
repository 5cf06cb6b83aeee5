internal import Models
internal import Tabular

/// What labels say about the evidence of an ensemble's members: a curve and a weight for each.
struct EvidenceFit {
  /// For each member how its evidence raises the log-odds of an anomaly.
  let curves: [LogOddsCurve]
  /// How much of each rise counts; not negative.
  let weights: [Double]
  /// The log-odds without any rise.
  let intercept: Double

  /// Learns from the evidence of each member (outer list) on each row (inner list).
  ///
  /// - Precondition: there are anomalies and other rows.
  init(evidence: [[Double]], labels: [Bool]) throws(ModelError) {
    var curves: [LogOddsCurve] = []
    for values in evidence {
      curves.append(try LogOddsCurve(fittingEvidence: values, labels: labels))
    }
    var rises = Matrix<Double>(rowCount: labels.count, columnCount: evidence.count)
    for (column, curve) in curves.enumerated() {
      for row in labels.indices { rises[row, column] = curve.rise(at: evidence[column][row]) }
    }
    let regression = NonNegativeLogisticRegression(rises, labels: labels)
    self.curves = curves
    weights = regression.weights
    intercept = regression.intercept
  }
}

extension LogOddsCurve {
  /// Isotonic regression of `labels` on evidence (pool adjacent violators), as log-odds.
  ///
  /// Each piece's rate is drawn towards the overall rate by one row of it, so that no rate is 0 or 1. The result depends
  /// on the set of rows alone.
  ///
  /// - Complexity: O(rows · log rows).
  init(fittingEvidence evidence: [Double], labels: [Bool]) throws(ModelError) {
    struct Piece {
      var lower: Double
      var upper: Double
      var anomalies: Int
      var count: Int
    }
    var pieces: [Piece] = []
    for row in evidence.indices.sorted(by: { evidence[$0] < evidence[$1] }) {
      let anomaly = labels[row] ? 1 : 0
      if let last = pieces.last, last.lower == evidence[row] {
        pieces[pieces.count - 1].anomalies += anomaly
        pieces[pieces.count - 1].count += 1
      } else {
        pieces.append(
          Piece(lower: evidence[row], upper: evidence[row], anomalies: anomaly, count: 1))
      }
    }
    var pooled: [Piece] = []
    for piece in pieces {
      pooled.append(piece)
      while pooled.count > 1 {
        let (left, right) = (pooled[pooled.count - 2], pooled[pooled.count - 1])
        guard left.anomalies * right.count >= right.anomalies * left.count else { break }
        pooled.removeLast()
        pooled[pooled.count - 1] = Piece(
          lower: left.lower, upper: right.upper, anomalies: left.anomalies + right.anomalies,
          count: left.count + right.count)
      }
    }
    let rate = Double(labels.count { $0 }) / Double(max(labels.count, 1))
    var ends: [Double] = []
    var rises: [Double] = []
    var first = 0.0
    var highest = 0.0
    for piece in pooled {
      let share = (Double(piece.anomalies) + rate) / (Double(piece.count) + 1)
      let logOdds = PortableMath.log(share / (1 - share))
      if ends.isEmpty { first = logOdds }
      // Drawing a small piece towards the overall rate may take it below the one before.
      highest = max(highest, logOdds - first)
      ends.append(piece.lower)
      rises.append(highest)
      if piece.upper > piece.lower {
        ends.append(piece.upper)
        rises.append(highest)
      }
    }
    try self.init(evidence: ends, rises: rises)
  }
}
