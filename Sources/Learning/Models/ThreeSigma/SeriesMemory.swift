/// Which points of a series `sigma` goes by as it learns new ones.
public enum SeriesMemory: Equatable, Sendable {
  /// All of them, alike.
  case everything
  /// The last ones, at most `pointCount` rounded down to a multiple of 16 and at least fifteen sixteenths of that.
  case window(pointCount: Int)
  /// All of them, each counting `factor` times as much after every later point: 0.5 ≤ factor < 1.
  case forgetting(factor: Double)

  /// The setting as text, such as `window 1440`.
  public var text: String {
    switch self {
    case .everything: "everything"
    case .window(let count): "window \(count)"
    case .forgetting(let factor): "forgetting \(factor)"
    }
  }

  /// Checks the numbers.
  func check(method: ThreeSigmaMethod, minimumPointCount: Int) throws(ThreeSigmaError) {
    switch self {
    case .everything: return
    case .window(let pointCount):
      guard (32...1_000_000_000).contains(pointCount) else {
        throw .invalidParameter(name: "window", reason: "must be 32 to 1000000000 points")
      }
      guard minimumPointCount <= WindowMoments.smallestCount(ofWindow: pointCount) else {
        throw .invalidParameter(
          name: "window", reason: "must be larger than minimum_points by a fifteenth")
      }
    case .forgetting(let factor):
      guard factor >= 0.5, factor < 1 else {
        throw .invalidParameter(name: "forgetting", reason: "must be at least 0.5 and below 1")
      }
    }
    guard method == .sigma else {
      throw .invalidParameter(
        name: "method", reason: "must be sigma with a window or forgetting")
    }
  }
}

/// Moments of the last points of a series: a sum for each of sixteen blocks.
///
/// A point that leaves is never subtracted: its whole block is dropped. All sums are exact, so the moments depend on the
/// points in the window alone.
struct WindowMoments: Equatable, Sendable {
  private static let blockCount = 16

  let pointCount: Int
  /// Full blocks, the oldest first.
  private(set) var closed: [ExactMoments] = []
  private(set) var current = ExactMoments()
  private var closedTogether = ExactMoments()

  private var blockSize: Int { pointCount / WindowMoments.blockCount }

  /// How many points are in a window that has been full, at least.
  static func smallestCount(ofWindow pointCount: Int) -> Int {
    (blockCount - 1) * (pointCount / blockCount) + 1
  }

  init(pointCount: Int) { self.pointCount = pointCount }

  /// Joins stored blocks; `nil` when no points make them.
  init?(pointCount: Int, closed: [ExactMoments], current: ExactMoments) {
    self.init(pointCount: pointCount)
    guard closed.count < WindowMoments.blockCount, (1...blockSize).contains(current.count),
      closed.allSatisfy({ $0.count == blockSize })
    else { return nil }
    self.closed = closed
    self.current = current
    for block in closed { closedTogether.merge(block) }
  }

  /// Learns the next point.
  ///
  /// - Complexity: O(1) on average.
  mutating func add(_ value: Double) {
    if current.count == blockSize {
      closed.append(current)
      if closed.count == WindowMoments.blockCount { closed.removeFirst() }
      closedTogether = ExactMoments()
      for block in closed { closedTogether.merge(block) }
      current = ExactMoments()
    }
    current.add(value)
  }

  /// The moments of the points in the window.
  var moments: ExactMoments {
    var moments = closedTogether
    moments.merge(current)
    return moments
  }
}

/// Mean and deviation of all points, the later the weightier (West's update).
///
/// What it holds after a point depends on the points and their order alone, not on how they were handed over.
struct FadingMoments: Equatable, Sendable {
  let factor: Double
  private(set) var mean = 0.0
  /// The sums of the weights and of their squares.
  private(set) var weight = 0.0
  private(set) var squaredWeight = 0.0
  /// The weighted sum of squared differences from the mean.
  private(set) var squares = 0.0

  init(factor: Double) { self.factor = factor }

  /// Joins stored numbers; `nil` when one is out of range.
  init?(factor: Double, mean: Double, weight: Double, squaredWeight: Double, squares: Double) {
    guard mean.isFinite, (1...1 / (1 - factor) + 1).contains(weight),
      (0...weight).contains(squaredWeight), (0...Double.greatestFiniteMagnitude).contains(squares)
    else { return nil }
    self.factor = factor
    self.mean = mean
    self.weight = weight
    self.squaredWeight = squaredWeight
    self.squares = squares
  }

  var deviation: Double { weight > 0 ? (squares / weight).squareRoot() : 0 }

  /// How many points of equal weight these are worth (Kish).
  var effectivePointCount: Double { weight * weight / squaredWeight }

  /// Learns the next point.
  ///
  /// - Complexity: O(1).
  mutating func add(_ value: Double) {
    weight = factor * weight + 1
    squaredWeight = factor * factor * squaredWeight + 1
    let share = 1 / weight
    let before = value - mean
    if before != 0 { mean = (1 - share) * mean + share * value }
    // Cut, so that one monstrous value leaves a finite spread.
    let square = before * (value - mean)
    squares = factor * squares + min(max(square, 0), 1e300)
  }
}

/// What a model remembers of its points beside their moments.
enum SeriesRecollection: Equatable, Sendable {
  case everything
  case window(WindowMoments)
  case forgetting(FadingMoments)

  init(_ memory: SeriesMemory) {
    switch memory {
    case .everything: self = .everything
    case .window(let count): self = .window(WindowMoments(pointCount: count))
    case .forgetting(let factor): self = .forgetting(FadingMoments(factor: factor))
    }
  }

  /// Learns points in order, and brings `moments` up to date.
  mutating func learn(_ values: [Double], moments: inout ExactMoments) {
    switch self {
    case .everything:
      for value in values { moments.add(value) }
    case .window(var window):
      self = .everything
      for value in values { window.add(value) }
      moments = window.moments
      self = .window(window)
    case .forgetting(var fading):
      for value in values {
        fading.add(value)
        moments.add(value)
      }
      self = .forgetting(fading)
    }
  }
}
