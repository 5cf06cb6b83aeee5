import Models
import Tabular
import Testing

struct ConformalCalibrationTests {
  @Test func `a p-value counts the rows that score as high`() {
    let calibration = ConformalCalibration(scores: [0.3, .nan, 0.1, 0.2, 0.2])
    #expect(calibration.scores == [0.1, 0.2, 0.2, 0.3])
    #expect(calibration.pValue(of: 0.4) == 0.2)
    #expect(calibration.pValue(of: 0.2) == 0.8)
    #expect(calibration.pValue(of: 0) == 1)
  }

  @Test func `a threshold keeps its false-alarm rate`() {
    let calibration = ConformalCalibration(scores: (1...99).map { Double($0) })
    #expect(calibration.threshold(falseAlarmRate: 0.05) == 95)
    #expect(calibration.pValue(of: 95.5) == 0.05)
    #expect(calibration.threshold(falseAlarmRate: 0.009) == nil)
  }

  @Test func `a batch of normal rows gives no alarm, a batch with anomalies these`() {
    var generator = SeededGenerator(seed: 1)
    let calibration = ConformalCalibration(scores: (0..<2000).map { _ in generator.normal() })
    let normal = (0..<300).map { _ in generator.normal() }
    #expect(calibration.threshold(forBatch: normal, falseDiscoveryRate: 0.05) == nil)
    let anomalies = (0..<30).map { _ in 6 + generator.normal() }
    let threshold = calibration.threshold(forBatch: normal + anomalies, falseDiscoveryRate: 0.1)
    let alarms = (normal + anomalies).indices.filter {
      (normal + anomalies)[$0] >= threshold ?? .infinity
    }
    #expect(alarms.count { $0 >= 300 } == 30)
    #expect(alarms.count < 36)
  }
}
