internal import Glibc

/// Reads several streams of a running program at once, so that a full pipe never stops it.
struct OutputCollector {
  enum Ending { case finished, timedOut, tooLarge }

  private let streams: [Int32]
  private let byteLimit: Int
  private(set) var outputs: [[UInt8]]

  init(streams: [Int32], byteLimit: Int) {
    self.streams = streams
    self.byteLimit = byteLimit
    outputs = Array(repeating: [], count: streams.count)
  }

  /// Reads until every stream has ended, the time is over or a stream is too long.
  mutating func collect(secondsAllowed: Double) -> Ending {
    let deadline = ContinuousClock.now + .seconds(secondsAllowed)
    var polled = streams.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    // A negative descriptor is skipped by poll: that is how an ended stream leaves the list.
    while polled.contains(where: { $0.fd >= 0 }) {
      let remaining = ContinuousClock.now.duration(to: deadline)
      guard remaining > .zero else { return .timedOut }
      let milliseconds = Int32(clamping: Int64(remaining / .milliseconds(1)) + 1)
      guard unsafe poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { continue }
      for index in polled.indices where polled[index].fd >= 0 && polled[index].revents != 0 {
        let count = unsafe buffer.withUnsafeMutableBytes {
          unsafe read(polled[index].fd, $0.baseAddress, $0.count)
        }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else {
          polled[index].fd = -1
          continue
        }
        outputs[index].append(contentsOf: buffer[..<count])
        if outputs[index].count > byteLimit { return .tooLarge }
      }
    }
    return .finished
  }
}
