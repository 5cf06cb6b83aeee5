import Features
import Files
import Tabular
import Testing
import Transactions

@Suite struct FeatureStateTests {
  @Test(arguments: [1, 2, 3] as [UInt64])
  func `an engine that was saved continues with the same bits and bytes`(seed: UInt64) throws {
    let rows = Fixtures.random(800, seed: seed)
    let specification = try Fixtures.everything(memory: .days(11))
    var undisturbed = FeatureEngine(specification)
    let expected = try undisturbed.process(Fixtures.batch(rows))
    var values: [Double] = []
    var state: [UInt8]?
    for start in stride(from: 0, to: rows.count, by: 160) {
      var engine = FeatureEngine(specification)
      if let state { try engine.restore(SafetensorsArchive(decoding: state)) }
      values += try engine.process(Fixtures.batch(rows[start..<start + 160])).values
      state = engine.encodedState().encoded()
      #expect(engine.processedCount == Int64(start + 160))
    }
    #expect(values.map(\.bitPattern) == expected.values.map(\.bitPattern))
    #expect(state == undisturbed.encodedState().encoded())
  }

  @Test func `what is out of memory is forgotten and takes no place`() throws {
    let specification = try Fixtures.everything(memory: .days(11))
    var engine = FeatureEngine(specification)
    let rows = Fixtures.random(200, seed: 5)
    _ = try engine.process(Fixtures.batch(rows))
    let size = engine.encodedState().encoded().count
    var later = rows[0].transaction
    later.userID = "somebody else"
    later.time = rows[199].transaction.time + .days(12)
    let fresh = FeatureEngine(specification)
    #expect(engine.encodedState().encoded().count > fresh.encodedState().encoded().count)
    _ = engine.process(later)
    #expect(engine.encodedState().encoded().count < size / 2)
  }

  @Test func `memory is bounded by what is in use`() throws {
    let specification = try FeatureSpecification(
      features: [
        FeatureDefinition(
          .aggregate(
            .count, FeatureEntity(.user), FeatureWindow(length: .days(1)), includesCurrent: true)),
        FeatureDefinition(.isNew(.device, FeatureEntity(.user))),
      ], memory: .days(1))
    var engine = FeatureEngine(specification)
    for index in 0..<20_000 {
      _ = engine.process(
        Transaction(
          id: "\(index)", time: Timestamp(seconds: Int64(index) * 600), userID: "u\(index)",
          amount: Money(millionths: 1), deviceID: "d\(index)"))
    }
    // A day has 144 rows; the sweep looks at two entities a row, so little more than the memory is ever held.
    #expect(engine.entityCount < 1_500)
  }

  @Test func `a state of other features is refused`() throws {
    let engine = FeatureEngine(try Fixtures.everything())
    var other = FeatureEngine(try FeatureSpecification.preset(named: "handbook"))
    let error = #expect(throws: FeatureError.self) { try other.restore(engine.encodedState()) }
    guard case .stateMismatch = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    var archive = engine.encodedState()
    archive.metadata["format"] = "anomalyze-feature-state/9"
    var same = FeatureEngine(try Fixtures.everything())
    #expect(throws: FeatureError.self) { try same.restore(archive) }
  }

  @Test func `a damaged state is refused or harmless, never a trap`() throws {
    let specification = try Fixtures.everything()
    var engine = FeatureEngine(specification)
    let rows = Fixtures.random(120, seed: 8)
    _ = try engine.process(Fixtures.batch(rows))
    let archive = engine.encodedState()
    for index in archive.tensors.indices {
      var cut = archive
      let tensor = cut.tensors.remove(at: index)
      var broken = FeatureEngine(specification)
      #expect(throws: FeatureError.self, "\(tensor.name)") { try broken.restore(cut) }
    }
    var random = SeededGenerator(seed: 1)
    var refusalCount = 0
    for _ in 0..<150 {
      var changed = archive
      let index = random.below(changed.tensors.count)
      changed.tensors[index] = disturbed(changed.tensors[index], &random)
      var broken = FeatureEngine(specification)
      do {
        try broken.restore(changed)
        for row in rows.suffix(20) { _ = broken.process(row.transaction) }
      } catch {
        refusalCount += 1
      }
    }
    #expect(refusalCount > 0)
  }

  private func disturbed(_ tensor: Tensor, _ random: inout SeededGenerator) -> Tensor {
    func flip<Value: FixedWidthInteger>(_ values: [Value]) -> [Value] {
      guard !values.isEmpty else { return values }
      var values = values
      values[random.below(values.count)] ^= Value(truncatingIfNeeded: 1 << random.below(64))
      return values
    }
    return switch tensor.elements {
    case .int64(let values): Tensor(tensor.name, .int64(flip(values)))
    case .int32(let values): Tensor(tensor.name, .int32(flip(values)))
    case .uint8(let values): Tensor(tensor.name, .uint8(flip(values)))
    default: tensor
    }
  }
}
