internal import Tabular

extension SeriesSummary {
  /// Sums up points of many series that come in any order, such as that of time.
  ///
  /// Nothing is moved: a first pass finds the extremes of each series, a second adds to its sums, and a third adds exactly
  /// for the few series whose sums do not decide how to round.
  ///
  /// - Parameters:
  ///   - values: One value a point.
  ///   - seriesIndices: The series of each point, 0 ..< `seriesCount`.
  ///   - seriesCount: How many series there are.
  ///   - threadCount: How many threads work; the result does not depend on it.
  /// - Returns: a summary a series; `nil` for a series without points.
  /// - Precondition: There is a series for each value, in range.
  /// - Throws: `ThreeSigmaError.notFinite` with the index of the first value at fault.
  /// - Complexity: O(points + series · threads); 128 bytes a series and thread.
  public static func summarize(
    _ values: [Double], seriesIndices: [Int32], seriesCount: Int, threadCount: Int
  ) throws(ThreeSigmaError) -> [SeriesSummary?] {
    precondition(values.count == seriesIndices.count, "every value has a series")
    let points = ScatteredPoints(
      values: values, seriesIndices: seriesIndices, seriesCount: seriesCount,
      threadCount: max(threadCount, 1))
    let sums = points.sums(points.frames())
    var result: [SeriesSummary?] = BlockParallel.elements(
      count: seriesCount, blockSize: 512, threadCount: threadCount
    ) { block, summaries in
      var lanes = SummaryLanes()
      for series in block {
        lanes.append(sums[series])
        guard lanes.isFull || series + 1 == block.upperBound else { continue }
        let count = lanes.count
        let quick = lanes.removeAll()
        for lane in 0..<count { summaries.append(quick[lane]) }
      }
    }
    let undecided = result.indices.filter { result[$0] == nil }
    for (series, moments) in zip(undecided, try points.exactMoments(of: undecided)) {
      result[series] = moments.count > 0 ? SeriesSummary(moments) : nil
    }
    return result
  }
}

/// Points of many series in any order, in a stretch for each thread.
private struct ScatteredPoints {
  let values: [Double]
  let seriesIndices: [Int32]
  let seriesCount: Int
  let threadCount: Int

  private func mapStretches<Result: Sendable, Failure: Error>(
    _ body: @Sendable (Range<Int>) throws(Failure) -> Result
  ) throws(Failure) -> [Result] {
    try BlockParallel.map(
      count: values.count,
      blockSize: max((values.count + threadCount - 1) / threadCount, 1),
      threadCount: threadCount, body)
  }

  /// The frame of each series; `nil` without points and where quick sums cannot be exact.
  func frames() -> [QuickSums.Frame?] {
    let parts = mapStretches { stretch in
      var extremes = [SIMD2<Double>](
        repeating: SIMD2(.infinity, -.infinity), count: seriesCount)
      var target = extremes.mutableSpan
      let (values, seriesIndices) = (values.span, seriesIndices.span)
      for position in stretch {
        let value = values[position]
        let series = Int(seriesIndices[position])
        let known = target[series]
        target[series] = SIMD2(
          value < known[0] ? value : known[0], value > known[1] ? value : known[1])
      }
      return extremes
    }
    return (0..<seriesCount).map { series in
      var (minimum, maximum) = (Double.infinity, -Double.infinity)
      for part in parts {
        minimum = min(minimum, part[series][0])
        maximum = max(maximum, part[series][1])
      }
      return QuickSums.Frame(minimum: minimum, maximum: maximum)
    }
  }

  /// The points of one series that are not yet in its sums: as many bytes as a line of the cache.
  private struct Pending {
    var terms = SIMD4<Double>.zero
    let centre: Double
    let rounder: Double
    var count = 0

    init(_ frame: QuickSums.Frame?) {
      centre = frame?.centre ?? 0
      rounder = frame?.rounder ?? 0
    }
  }

  /// As few points are added one after another that their rests stay good.
  private static let run = 32

  /// The sums of each series that has a frame.
  func sums(_ frames: [QuickSums.Frame?]) -> [QuickSums?] {
    let parts = mapStretches { stretch in
      var result = frames.map { $0.map { QuickSums($0) } }
      var pending = frames.map { Pending($0) }
      var target = pending.mutableSpan
      let (values, seriesIndices) = (values.span, seriesIndices.span)
      for position in stretch {
        let series = Int(seriesIndices[position])
        let part = target[series]
        let d = values[position] - part.centre
        let t = (d + part.rounder) - part.rounder
        let r = d - t
        target[series].terms = part.terms + SIMD4(t, t * t, r, r * (d + t))
        target[series].count = part.count + 1
        if part.count + 1 == ScatteredPoints.run {
          result[series]?.add(target[series].terms, count: part.count + 1, depth: part.count + 1)
          target[series].terms = .zero
          target[series].count = 0
        }
      }
      for (series, part) in pending.enumerated() where part.count > 0 {
        result[series]?.add(part.terms, count: part.count, depth: part.count)
      }
      return result
    }
    guard var result = parts.first else { return frames.map { _ in nil } }
    for part in parts.dropFirst() {
      for (series, sums) in part.enumerated() {
        if let sums { result[series]?.merge(sums) }
      }
    }
    for series in result.indices where (result[series]?.count ?? 0) >= QuickSums.countLimit {
      result[series] = nil
    }
    return result
  }

  /// The exact moments of the series `chosen`, in their order.
  func exactMoments(of chosen: [Int]) throws(ThreeSigmaError) -> [ExactMoments] {
    var result = [ExactMoments](repeating: ExactMoments(), count: chosen.count)
    guard !chosen.isEmpty else { return result }
    // A bit a series stays in the nearest cache while all points pass by.
    var bits = [UInt64](repeating: 0, count: seriesCount / 64 + 1)
    for series in chosen { bits[series / 64] |= 1 << UInt64(series % 64) }
    let slots = Dictionary(uniqueKeysWithValues: zip(chosen, chosen.indices))
    let parts = try mapStretches { [bits] (stretch) throws(ThreeSigmaError) in
      var moments = [ExactMoments](repeating: ExactMoments(), count: chosen.count)
      let (values, seriesIndices, bits) = (values.span, seriesIndices.span, bits.span)
      for position in stretch {
        let series = Int(seriesIndices[position])
        guard (bits[series >> 6] >> UInt64(series & 63)) & 1 == 1, let slot = slots[series] else {
          continue
        }
        guard values[position].isFinite else { throw .notFinite(index: position) }
        moments[slot].add(values[position])
      }
      return moments
    }
    for part in parts {
      for slot in part.indices { result[slot].merge(part[slot]) }
    }
    return result
  }
}
