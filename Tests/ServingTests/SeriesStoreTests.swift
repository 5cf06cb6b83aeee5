import Dispatch
import HTTPTestKit
import JSON
import Models
import SeriesStorage
import Support
import Synchronization
import Testing
import Transactions

/// The store keeps one contract on SQLite and on a real PostgreSQL server.
struct SeriesStoreTests {
  enum Kind: String, CaseIterable, CustomTestStringConvertible, Sendable {
    case sqlite, postgresql

    var testDescription: String { rawValue }

    static var wanted: [Kind] { ThrowawayPostgreSQL.isWanted ? allCases : [.sqlite] }
  }

  /// A place for a store, which is empty at first.
  struct Place {
    let folder = ScratchFolder()
    let location: String

    init(_ kind: Kind) throws {
      switch kind {
      case .sqlite: location = folder.path + "/series.sqlite"
      case .postgresql:
        let server = try ThrowawayPostgreSQL.shared.get()
        location = server.url(try server.makeDatabase())
      }
    }

    func open() throws -> SeriesStore {
      try SeriesStore(at: location) { Timestamp(seconds: 1_700_000_000) }
    }
  }

  static func points(_ values: [Double], from minute: Int64 = 0) -> SeriesPoints {
    SeriesPoints(
      timestamps: values.indices.map {
        Timestamp(seconds: 1_609_459_200 + 60 * (minute + Int64($0)))
      }, values: values)
  }

  @Test(arguments: Kind.wanted)
  func `versions, points, updates and deletions survive a restart`(kind: Kind) throws {
    let place = try Place(kind)
    do {
      let store = try place.open()
      #expect(try store.fit("a", [1, 2, 3]) == "created v1")
      #expect(try store.fit("a", [1, 2, 3]) == "unchanged v1")
      #expect(try store.fit("a", [4, 5, 6]) == "created v2")
      #expect(try store.learn("a", [7, 8], from: 3) == "updated v2")
      #expect(try store.learn("a", [9], from: 5, makesVersion: true) == "created v3")
      #expect(try store.fit("gone", [1, 2]) == "created v1")
      #expect(try store.outcome { store.delete("gone", completion: $0) } == "deleted")
      #expect(throws: SeriesStoreError.seriesNotFound) { try store.learn("gone", [1], from: 9) }
      #expect(try store.fit("ünï-\"'", [0.1, -0.0, 1e308, .leastNonzeroMagnitude]) == "created v1")
    }
    let store = try place.open()
    #expect(store.seriesIDs() == ["a", "ünï-\"'"])
    #expect(try store.version(of: "a").number == 3)
    #expect(try store.version(1, of: "a").model.mean == 2)
    #expect(try store.version(of: "a").model.pointCount == 6)
    #expect(try store.points(of: 2, series: "a").values == [4, 5, 6, 7, 8])
    #expect(try store.points(of: 3, series: "a") == Self.points([4, 5, 6, 7, 8, 9]))
    let bits = try store.points(of: 1, series: "ünï-\"'").values.map(\.bitPattern)
    #expect(bits == [0.1, -0.0, 1e308, .leastNonzeroMagnitude].map(\.bitPattern))
    #expect(throws: SeriesStoreError.seriesNotFound) { try store.version(of: "gone") }
    #expect(throws: SeriesStoreError.versionNotFound(label: "v4")) { try store.version(4, of: "a") }
    #expect(try store.fit("gone", [1, 2]) == "created v2")
    #expect(try store.fit("a", [4, 5, 6, 7, 8, 9.5]) == "created v4")
  }

  @Test(arguments: Kind.wanted)
  func `parallel fits of one series get consecutive versions`(kind: Kind) async throws {
    let store = try Place(kind).open()
    let outcomes = await withTaskGroup(of: String?.self) { group in
      for number in 0..<20 {
        group.addTask { try? store.fit("s", [1, 2, Double(number)]) }
      }
      return await group.reduce(into: Set<String>()) { $0.insert($1 ?? "failed") }
    }
    #expect(outcomes == Set((1...20).map { "created v\($0)" }))
  }

  @Test(.enabled(if: ThrowawayPostgreSQL.isWanted))
  func `one process at a time writes to a database, beside other tables`() throws {
    let place = try Place(.postgresql)
    var first: SeriesStore? = try place.open()
    #expect(try first?.fit("s", [1, 2]) == "created v1")
    #expect {
      try place.open()
    } throws: { error in
      guard case .unavailable(let reason)? = error as? SeriesStoreError else { return false }
      return reason.contains("another process")
    }
    first = nil
    #expect(try place.open().version(of: "s").number == 1)
  }

  @Test(.enabled(if: ThrowawayPostgreSQL.isWanted), .timeLimit(.minutes(hangMinutes)))
  func `a lost database is 503, loses nothing acknowledged, and is found again`() throws {
    let server = try ThrowawayPostgreSQL()
    let live = try LiveServer(
      store: server.url(try server.makeDatabase()) + "?connect_timeout=2")
    let client = try live.client()
    var acknowledged = 0
    for round in 0..<4 {
      for _ in 0..<10 {
        let body = fitBody([1, 2, Double(acknowledged)])
        let answer = try client.request("POST", "/fit/s", json: body)
        #expect(answer.status == 200, "round \(round)")
        acknowledged += answer.status == 200 ? 1 : 0
        #expect(try answer.json()["version"]?.stringValue == "v\(acknowledged)")
      }
      server.crash()
      // The session may outlive its server by a moment.
      var lost = try client.request("POST", "/fit/s", json: fitBody([5, 6, Double(round)]))
      while lost.status == 200 {
        acknowledged += 1
        let body = fitBody([5, Double(acknowledged), Double(round)])
        lost = try client.request("POST", "/fit/s", json: body)
      }
      #expect(lost.status == 503)
      #expect(lost.errorCode == "STORE_UNAVAILABLE")
      // What is in memory goes on answering.
      #expect(try client.request("POST", "/predict/s", json: point(2)).status == 200)
      try server.start()
    }
    #expect(try client.request("GET", "/series/s/versions/v3").status == 200)
    #expect(
      try client.request("GET", "/series/s").json()["versions"]?.integerValue
        == Int64(acknowledged))
  }

  @Test(arguments: [
    "postgresql://nobody@127.0.0.1:1/none", "postgresql://a@b@c/d",
  ])
  func `a database that cannot be reached is told at the start`(url: String) {
    #expect {
      try SeriesStore(at: url) { Timestamp(seconds: 0) }
    } throws: { error in
      guard case .unavailable? = error as? SeriesStoreError else { return false }
      return true
    }
  }
}

extension SeriesStore {
  /// Waits for a write: what became of it, in words.
  fileprivate func outcome(
    _ write: (@escaping @Sendable (Result<WriteOutcome, SeriesStoreError>) -> Void) -> Void
  ) throws -> String {
    let result = Mutex<Result<WriteOutcome, SeriesStoreError>>(.failure(.seriesNotFound))
    let ended = DispatchSemaphore(value: 0)
    write { outcome in
      result.withLock { $0 = outcome }
      ended.signal()
    }
    ended.wait()
    switch try result.withLock({ $0 }).get() {
    case .created(let version): return "created \(version.label)"
    case .unchanged(let version): return "unchanged \(version.label)"
    case .updated(let version): return "updated \(version.label)"
    case .deleted: return "deleted"
    }
  }

  fileprivate func fit(_ id: String, _ values: [Double]) throws -> String {
    let points = SeriesStoreTests.points(values)
    let model = try ThreeSigmaModel.fit(
      timestamps: points.timestamps, values: points.values, parameters: ThreeSigmaParameters())
    return try outcome { add(model, points: points, to: id, completion: $0) }
  }

  @discardableResult
  fileprivate func learn(
    _ id: String, _ values: [Double], from minute: Int64, makesVersion: Bool = false
  ) throws -> String {
    let points = SeriesStoreTests.points(values, from: minute)
    return try outcome {
      update(id, with: points, makingVersion: makesVersion, completion: $0)
    }
  }
}
