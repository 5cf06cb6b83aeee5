/// Mean and population deviation of the last values.
///
/// Two stacks instead of "add the newest, subtract the oldest": the older part of the window keeps the moments of each of
/// its suffixes, the newer part one running sum, and the two are merged (Chan). So nothing is ever subtracted, and a
/// monstrous value is forgotten completely once it has left.
struct SlidingMoments: Equatable, Sendable {
  private struct Moments: Equatable {
    var count = 0.0
    var mean = 0.0
    var squares = 0.0

    mutating func add(_ value: Double) {
      count += 1
      let difference = value - mean
      mean += difference / count
      squares += difference * (value - mean)
    }

    func merged(with other: Moments) -> Moments {
      guard count > 0 else { return other }
      guard other.count > 0 else { return self }
      let total = count + other.count
      let difference = other.mean - mean
      return Moments(
        count: total, mean: mean + difference * (other.count / total),
        squares: squares + other.squares + difference * difference * (count * other.count / total))
    }
  }

  private let capacity: Int
  /// Moments of the suffixes of the older part, the longest last.
  private var older: [Moments] = []
  private var newer: [Double] = []
  private var newerMoments = Moments()
  private var all = Moments()

  /// An empty window.
  ///
  /// - Precondition: `capacity` is positive.
  init(capacity: Int) {
    precondition(capacity > 0, "a window holds at least one value")
    self.capacity = capacity
    older.reserveCapacity(capacity)
    newer.reserveCapacity(capacity)
  }

  /// The mean of the values in the window; 0 when there is none.
  var mean: Double { all.mean }
  /// Their population standard deviation.
  var deviation: Double { all.count > 0 ? (all.squares / all.count).squareRoot() : 0 }

  /// Takes the newest value and drops the one that leaves.
  ///
  /// - Complexity: O(1) on average.
  mutating func add(_ value: Double) {
    newer.append(value)
    newerMoments.add(value)
    if older.count + newer.count > capacity {
      if older.isEmpty {
        var suffix = Moments()
        for value in newer.reversed() {
          suffix.add(value)
          older.append(suffix)
        }
        newer.removeAll(keepingCapacity: true)
        newerMoments = Moments()
      }
      older.removeLast()
    }
    all = older.last.map { $0.merged(with: newerMoments) } ?? newerMoments
  }
}
