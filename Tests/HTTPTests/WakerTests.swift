import Dispatch
import Glibc
import Synchronization
import Testing

@testable import HTTP

@Suite struct WakerTests {
  private func isReadable(_ waker: Waker) -> Bool {
    var waiting = pollfd(fd: waker.reading, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&waiting, 1, 0) == 1
  }

  @Test func `a call is seen until it is taken`() throws {
    let waker = try #require(Waker())
    #expect(!isReadable(waker))
    waker.wake()
    waker.wake()
    #expect(isReadable(waker))
    waker.calm()
    #expect(!isReadable(waker))
    waker.wake()
    #expect(isReadable(waker))
  }

  /// Two threads do `count` pieces of work and call; `take` looks for calls until it has seen them all.
  private func work(_ count: Int, calling waker: Waker, _ take: (_ seen: Int) throws -> Void)
    rethrows
  {
    let group = DispatchGroup()
    let doneCount = Atomic(0)
    for worker in 0..<2 {
      DispatchQueue(label: "worker-\(worker)").async(group: group) {
        for _ in 0..<count / 2 {
          doneCount.add(1, ordering: .releasing)
          waker.wake()
        }
      }
    }
    defer { group.wait() }
    var seen = 0
    while seen < count {
      try take(seen)
      seen = doneCount.load(ordering: .acquiring)
    }
  }

  @Test func `calls while another is being taken leave nothing behind`() throws {
    let waker = try #require(Waker())
    work(1_000_000, calling: waker) { _ in waker.calm() }
    waker.calm()
    // What is left here would keep a loop awake for ever.
    #expect(!isReadable(waker))
  }

  @Test func `no call is lost to a loop that sleeps`() throws {
    let waker = try #require(Waker())
    try work(1_000_000, calling: waker) { seen in
      var waiting = pollfd(fd: waker.reading, events: Int16(POLLIN), revents: 0)
      try #require(unsafe poll(&waiting, 1, 60_000) == 1, "woken for \(seen) only")
      waker.calm()
    }
  }
}
