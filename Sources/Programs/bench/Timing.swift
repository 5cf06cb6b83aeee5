internal import Glibc
internal import Terminal

/// How long repeated work takes.
struct Timing {
  /// Wall-clock time in seconds.
  let wall: Double
  /// Processor time of the whole process in seconds: what counts when other programs share the machine.
  let processor: Double

  /// The medians of `repetitions` runs, after one that is not counted.
  static func median<Failure: Error>(
    _ repetitions: Int, _ work: () throws(Failure) -> Void
  ) throws(Failure) -> Timing {
    try work()
    var wall: [Double] = []
    var processor: [Double] = []
    for _ in 0..<max(repetitions, 1) {
      let (start, ticks) = (Terminal.monotonicSeconds, clock())
      try work()
      wall.append(Terminal.monotonicSeconds - start)
      processor.append(Double(clock() - ticks) / 1e6)
    }
    wall.sort()
    processor.sort()
    return Timing(wall: wall[wall.count / 2], processor: processor[processor.count / 2])
  }
}
