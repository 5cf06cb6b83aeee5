import Evaluation
import JSON
import Testing

@Suite struct VolumeUnderSurfaceTests {
  @Test func `Both volumes equal the authors' code`() throws {
    let cases = try #require(evaluationFixture("series_quality.json")["vus"]?.arrayValue)
    #expect(cases.count == 5)
    for item in cases {
      let volume = try VolumeUnderSurface(
        scores: item["scores"]?.numbers ?? [],
        labels: (item["labels"]?.numbers ?? []).map { $0 == 1 },
        longestBuffer: Int(item["longest_buffer"]?.integerValue ?? -1))
      #expect(abs(volume.precisionRecall - (item["vus_pr"]?.doubleValue ?? -1)) <= 1e-12)
      #expect(abs(volume.receiverOperating - (item["vus_roc"]?.doubleValue ?? -1)) <= 1e-12)
    }
  }

  @Test func `A series needs anomalous and normal rows and finite scores`() {
    #expect(throws: EvaluationError.self) {
      try VolumeUnderSurface(scores: [1, 2], labels: [false, false])
    }
    #expect(throws: EvaluationError.self) {
      try VolumeUnderSurface(scores: [1, .nan], labels: [false, true])
    }
    #expect(throws: EvaluationError.self) {
      try VolumeUnderSurface(scores: [1], labels: [false, true])
    }
  }
}

@Suite struct NumentaBenchmarkTests {
  private static let profiles: [(String, NumentaProfile)] = [
    ("standard", .standard), ("low_false_positives", .lowFalsePositives),
    ("low_false_negatives", .lowFalseNegatives),
  ]

  @Test func `Scores equal a slow reading of the published description`() throws {
    for item in try #require(evaluationFixture("series_quality.json")["numenta"]?.arrayValue) {
      let members = item["series"]?.arrayValue ?? []
      let series = try members.map { member in
        try NumentaSeries(
          rowCount: Int(member["rows"]?.integerValue ?? 0),
          windows: (member["windows"]?.arrayValue ?? []).map {
            Int($0.numbers[0])...Int($0.numbers[1])
          })
      }
      let scores = members.map { $0["scores"]?.numbers ?? [] }
      for (name, profile) in Self.profiles {
        let best = try NumentaBenchmark.bestScore(series, scores: scores, profile: profile)
        #expect(abs(best.value - (item["best"]?[name]?.doubleValue ?? -1)) <= 1e-10)
        let again = try NumentaBenchmark.score(
          series, scores: scores, profile: profile, threshold: best.threshold)
        #expect(abs(again.value - best.value) <= 1e-10)
        #expect(again.windowsFound == best.windowsFound)
        #expect(again.falseAlarmRows == best.falseAlarmRows)
        let fixed = try NumentaBenchmark.score(
          series, scores: scores, profile: profile, threshold: 2)
        #expect(abs(fixed.value - (item["at_two"]?[name]?.doubleValue ?? -1)) <= 1e-10)
      }
    }
  }

  @Test
  func
    `Silence scores 0, an alarm at every window's start 100, and the sigmoid is the published one`()
    throws
  {
    let series = [try NumentaSeries(rowCount: 1_000, windows: [300...399, 700...799])]
    let silence = Array(repeating: 0.0, count: 1_000)
    #expect(try NumentaBenchmark.score(series, scores: [silence], threshold: 1).value == 0)
    var perfect = silence
    for start in [300, 700] { perfect[start] = 1 }
    #expect(try NumentaBenchmark.score(series, scores: [perfect], threshold: 1).value == 100)
    #expect(try NumentaBenchmark.bestScore(series, scores: [perfect]).value == 100)
    var early = perfect
    early[299] = 1
    // Before the first window a false alarm costs the whole weight: 0.11 of the 4 between silence and perfection.
    let score = try NumentaBenchmark.score(series, scores: [early], threshold: 1).value
    #expect(abs(score - (100 - 100 * 0.11 / 4)) < 1e-12)
    #expect(abs(NumentaSeries.sigmoid(-1) - 0.98661) < 1e-5)
    #expect(NumentaSeries.sigmoid(0) == 0)
    #expect(NumentaSeries.sigmoid(3.5) == -1)
    #expect(NumentaSeries.probationCount(ofRows: 4_032) == 604)
    #expect(NumentaSeries.probationCount(ofRows: 22_695) == 750)
  }

  @Test func `Each half is judged by the other half's threshold`() throws {
    let one = try NumentaSeries(rowCount: 100, windows: [50...59])
    var scores = Array(repeating: 0.0, count: 100)
    scores[50] = 1
    var louder = scores
    louder[50] = 2
    // The threshold of the louder half, 2, misses the quiet one; the other way round it finds it.
    let fold = try NumentaBenchmark.twoFoldScore([one, one], scores: [scores, louder])
    #expect(abs(fold - 50) < 1e-9)
  }

  @Test func `Windows and scores that do not fit are refused`() throws {
    #expect(throws: EvaluationError.self) { try NumentaSeries(rowCount: 10, windows: [5...10]) }
    #expect(throws: EvaluationError.self) {
      try NumentaSeries(rowCount: 10, windows: [5...7, 7...8])
    }
    let one = try NumentaSeries(rowCount: 10, windows: [])
    #expect(throws: EvaluationError.self) {
      try NumentaBenchmark.bestScore([one], scores: [[1, 2]])
    }
  }
}

@Suite struct RangeMetricsTests {
  private func marks(_ text: String) -> [Bool] { text.map { $0 == "x" } }

  @Test func `With one point a range they are ordinary precision and recall`() throws {
    let metrics = try RangeMetrics(
      predictions: marks("x.x.x...x"), labels: marks("x...x.x.."))
    #expect(abs(metrics.precision - 0.5) < 1e-15)
    #expect(abs(metrics.recall - 2.0 / 3) < 1e-15)
    #expect(abs(metrics.f1 - 4.0 / 7) < 1e-15)
  }

  @Test func `Pieces, existence and position count as in the paper`() throws {
    // Half of the true range is covered, by two pieces.
    let labels = marks("..xxxxxx..")
    let predictions = marks("..x..xx..x")
    #expect(abs(try RangeMetrics(predictions: predictions, labels: labels).recall - 0.25) < 1e-15)
    let existing = try RangeMetrics(
      predictions: predictions, labels: labels, existenceWeight: 0.5)
    #expect(abs(existing.recall - (0.5 + 0.125)) < 1e-15)
    // Predicted ranges: one inside, one inside, one outside.
    #expect(abs(existing.precision - 2.0 / 3) < 1e-15)
    let front = try RangeMetrics(predictions: predictions, labels: labels, bias: .front)
    #expect(abs(front.recall - (6.0 + 3 + 2) / 21 / 2) < 1e-15)
    let back = try RangeMetrics(predictions: predictions, labels: labels, bias: .back)
    #expect(abs(back.recall - (1.0 + 4 + 5) / 21 / 2) < 1e-15)
    let middle = try RangeMetrics(predictions: predictions, labels: labels, bias: .middle)
    #expect(abs(middle.recall - (1.0 + 3 + 2) / 12 / 2) < 1e-15)
  }

  @Test func `Nothing predicted is precision 0; no anomalous row is refused`() throws {
    let metrics = try RangeMetrics(predictions: marks("...."), labels: marks(".xx."))
    #expect(metrics == (try RangeMetrics(predictions: marks("...."), labels: marks("..x."))))
    #expect(metrics.precision == 0 && metrics.recall == 0 && metrics.f1 == 0)
    #expect(throws: EvaluationError.self) {
      try RangeMetrics(predictions: [true], labels: [false])
    }
  }
}
