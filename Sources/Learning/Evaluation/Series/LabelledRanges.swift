/// Runs of rows, found in labels.
enum LabelledRanges {
  /// The runs of `true`, in order.
  static func runs(in labels: [Bool]) -> [ClosedRange<Int>] {
    var ranges: [ClosedRange<Int>] = []
    var start: Int?
    for (row, isTrue) in labels.enumerated() {
      if isTrue {
        start = start ?? row
      } else if let first = start {
        ranges.append(first...row - 1)
        start = nil
      }
    }
    if let start { ranges.append(start...labels.count - 1) }
    return ranges
  }
}
