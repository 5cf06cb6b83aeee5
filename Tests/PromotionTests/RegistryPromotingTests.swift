import Files
import JSON
import Promotion
import Registry
import Testing
import Transactions

@Suite struct RegistryPromotingTests {
  /// A registry with one version for each average precision.
  private func withRegistry(
    _ figures: [Double], _ body: (borrowing Registry) throws -> Void
  ) throws {
    let root = "/tmp/anomalyze-promotion-\(UInt64.random(in: 0...UInt64.max))"
    defer { try? FileSystem.removeTree(root) }
    let registry = try Registry(root: root)
    for figure in figures {
      try registry.register(name: "fraud", by: "trainer", at: moment) { staged in
        try staged.write(
          PromotionDecisionTests.metrics(.number(figure)).bytes(), to: "metrics.json")
      }
    }
    try body(registry)
  }

  private let moment = Timestamp(seconds: 1_772_323_200)

  private func request(_ version: Int) -> PromotionRequest {
    PromotionRequest(name: "fraud", version: version, actor: "officer", at: moment)
  }

  @Test func `a better challenger replaces the champion and a worse one does not`() throws {
    try withRegistry([0.30, 0.40, 0.20]) { registry in
      let policy = PromotionPolicy.standard()
      #expect(try registry.promote(request(1), by: policy).status == .promoted)
      #expect(try registry.promote(request(2), by: policy).status == .promoted)
      let refused = try registry.promote(request(3), by: policy)
      #expect(refused.status == .refused && refused.isRefused)
      #expect(refused.decision?.refusals.map(\.note) == ["worse"])
      #expect(try registry.resolve("fraud").version == 2)
      #expect(try registry.audit().last?.action == .promotionRefused)
      #expect(try registry.decisions(of: "fraud", 3).map { $0["accepted"] } == [false])
      #expect(try registry.decisions(of: "fraud", 2).map { $0["compared_with"] } == [1])
      #expect(try registry.verify().isIntact)
    }
  }

  @Test func `asking for what is so writes nothing`() throws {
    try withRegistry([0.30]) { registry in
      let policy = PromotionPolicy.standard()
      _ = try registry.promote(request(1), by: policy)
      let rows = try registry.audit().count
      #expect(try registry.promote(request(1), by: policy).status == .unchanged)
      #expect(try registry.audit().count == rows)
    }
  }

  @Test func `a dry run answers and writes nothing`() throws {
    try withRegistry([0.30, 0.20]) { registry in
      let policy = PromotionPolicy.standard()
      var first = request(1)
      first.isDryRun = true
      #expect(try registry.promote(first, by: policy).status == .wouldPromote)
      _ = try registry.promote(request(1), by: policy)
      var second = request(2)
      second.isDryRun = true
      let rows = try registry.audit().count
      #expect(try registry.promote(second, by: policy).status == .wouldRefuse)
      #expect(try registry.audit().count == rows)
    }
  }

  @Test func `force needs a reason and leaves its mark`() throws {
    try withRegistry([0.30, 0.20]) { registry in
      let policy = PromotionPolicy.standard()
      _ = try registry.promote(request(1), by: policy)
      var forced = request(2)
      forced.isForced = true
      #expect(throws: PromotionError.reasonMissing) { try registry.promote(forced, by: policy) }
      forced.reason = "the champion's data source is closed"
      #expect(try registry.promote(forced, by: policy).status == .forced)
      #expect(try registry.decisions(of: "fraud", 2).first?["forced"] == true)
      #expect(try registry.audit(of: "fraud", alias: "champion").last?.reason == forced.reason)
    }
  }

  @Test func `approvals count for the content they were given to`() throws {
    try withRegistry([0.30]) { registry in
      let policy = try PromotionPolicy(["gates": [["approvals": 1]]])
      #expect(try registry.promote(request(1), by: policy).status == .refused)
      try registry.approve("fraud", 1, by: "trainer", comment: "mine", at: moment)
      #expect(try registry.promote(request(1), by: policy).status == .refused)
      try registry.approve("fraud", 1, by: "ada", comment: "seen", at: moment)
      #expect(try registry.promote(request(1), by: policy).status == .promoted)
    }
  }

  @Test func `a version without metrics passes no gate about them`() throws {
    try withRegistry([]) { registry in
      try registry.register(name: "fraud", by: "trainer", at: moment) {
        try $0.write([1], to: "model.json")
      }
      try registry.register(name: "fraud", by: "trainer", at: moment) {
        try $0.write(Array("{".utf8), to: "metrics.json")
      }
      #expect(try registry.promote(request(1), by: .standard()).status == .refused)
      #expect(throws: PromotionError.self) { try registry.promote(request(2), by: .standard()) }
    }
  }

  @Test func `an alias that moved is not overwritten`() throws {
    try withRegistry([0.30, 0.40]) { registry in
      let policy = PromotionPolicy.standard()
      var late = request(2)
      late.expectedSequence = 0
      _ = try registry.promote(request(1), by: policy)
      #expect(throws: RegistryError.self) { try registry.promote(late, by: policy) }
    }
  }

  @Test func `metrics measured today stand in for those of the version`() throws {
    try withRegistry([0.30, 0.40]) { registry in
      let policy = PromotionPolicy.standard()
      _ = try registry.promote(request(1), by: policy)
      var second = request(2)
      second.challengerMetrics = PromotionDecisionTests.metrics(0.4, interval: (-0.2, -0.1))
      #expect(try registry.promote(second, by: policy).status == .refused)
      second.challengerMetrics = PromotionDecisionTests.metrics(0.3)
      second.champion = (1, PromotionDecisionTests.metrics(0.2))
      #expect(try registry.promote(second, by: policy).status == .promoted)
    }
  }

  @Test func `a comparison with a champion that has gone promotes nothing`() throws {
    try withRegistry([0.30, 0.40, 0.50]) { registry in
      let policy = PromotionPolicy.standard()
      _ = try registry.promote(request(1), by: policy)
      var late = request(3)
      late.alias = "challenger"
      late.champion = (1, PromotionDecisionTests.metrics(0.30))
      _ = try registry.promote(request(2), by: policy)
      #expect(throws: PromotionError.championMoved("fraud", measured: 1, present: 2)) {
        try registry.promote(late, by: policy)
      }
      #expect(try registry.alias("challenger", of: "fraud") == nil)
    }
  }
}
