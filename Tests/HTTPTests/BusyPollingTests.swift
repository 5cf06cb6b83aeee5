import HTTPTestKit
import Testing

@testable import HTTP

@Suite struct BusyPollingTests {
  /// Turns of a loop that takes `handling` for a request; requests come `gap` after the answer before.
  private final class Loop {
    var polling: BusyPolling
    var now: UInt64 = 1_000_000
    var arrival: UInt64 = 0

    init(limit: UInt64) { polling = BusyPolling(limit: limit) }

    /// The request that comes after `gap`; true when the loop looks for the next one.
    func request(after gap: UInt64) -> Bool {
      arrival = now + gap
      now = arrival + 30_000
      return polling.looksOn(arrival: arrival, now: now)
    }

    /// A turn without a request; true when the loop goes on looking.
    func nothing(for time: UInt64) -> Bool {
      now += time
      return polling.looksOn(arrival: arrival, now: now)
    }
  }

  @Test func `looks while requests follow closely, and sleeps when one is late`() {
    let loop = Loop(limit: 50_000)
    #expect(!loop.request(after: 1_000_000))
    #expect(loop.request(after: 40_000))
    #expect(loop.nothing(for: 20_000))
    #expect(loop.request(after: 10_000))
    #expect(loop.nothing(for: 50_000))
    #expect(!loop.nothing(for: 1))
    #expect(!loop.nothing(for: 1_000_000_000))
  }

  @Test func `counts the time of being woken as none of the client's`() {
    let loop = Loop(limit: 50_000)
    #expect(!loop.request(after: 100_000))
    #expect(loop.request(after: 100_000))
    #expect(!loop.request(after: 51_000))
  }

  @Test func `looks in vain for a small share of the requests of a client that is a little slow`() {
    let loop = Loop(limit: 50_000)
    var vain = 0
    for _ in 0..<1_000 where loop.request(after: 80_000) {
      if !loop.nothing(for: 50_001) { vain += 1 }
    }
    #expect((1...40).contains(vain))
  }

  @Test func `never looks for requests that come seldom, or when it is told not to`() {
    let loop = Loop(limit: 50_000)
    let silent = Loop(limit: 0)
    for _ in 0..<100 {
      #expect(!loop.request(after: 101_000))
      #expect(!silent.request(after: 10_000))
    }
  }

  @Test(arguments: [0, 50, 10_000])
  func `answers are the same whether a thread sleeps or looks`(microseconds: Int) throws {
    let server = try makeServer { settings in
      settings.busyPoll = .microseconds(microseconds)
      settings.threadCount = 1
    }
    defer { server.stop() }
    let client = try LoopbackClient(port: server.port)
    for index in 0..<300 {
      let body = Array("number \(index)".utf8)
      #expect(try client.request("POST", "/echo/x", body: body).body == body)
    }
    #expect(try client.request("POST", "/slow", body: Array("20".utf8)).text == "slow")
    let other = try LoopbackClient(port: server.port)
    #expect(try other.request("GET", "/hello").text == "hello")
    #expect(try client.request("GET", "/hello").text == "hello")
  }
}
