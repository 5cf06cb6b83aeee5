internal import Arguments
internal import Evaluation
internal import JSON
internal import Models
internal import Terminal

/// Detection quality on labelled series, with baselines that know less, or nothing, in the same table.
enum SeriesQuality {
  /// Alerts: the Numenta benchmark's scores, each detector with the one threshold that suits it best.
  static let numenta = Benchmark(
    CommandSyntax(
      "quality nab", "Alerts on the labelled series in DATA/nab: the Numenta benchmark's scores.",
      options: QualityReport.options),
    printing: { values in
      let corpus = try NumentaCorpus(folder: QualityReport.dataFolder(values) + "/nab")
      let truth = corpus.entries.map(\.truth)
      let own = try corpus.results(of: .adaptiveAlerts)
      var report = QualityReport(
        name: "quality nab",
        subject: "\(truth.count) series, \(truth.reduce(0) { $0 + $1.rowCount }) rows, "
          + "\(own.standard.windowCount) windows; one threshold for all",
        rows: [own.json])
      for detector in [
        SeriesDetector.expandingSigmaAlerts, .expandingSigma, .plainSigma, .clock, .random,
      ] {
        let peer = try corpus.results(of: detector)
        report.rows.append(peer.json)
        report.lines.append(
          QualityReport.Line(
            measure: "NAB standard of the adaptive detector", ours: own.standard.value,
            peer: (detector.name, peer.standard.value), target: .atLeast(58)))
        report.lines.append(
          QualityReport.Line(
            measure: "… threshold of the other half (2-fold)", ours: own.twoFold,
            peer: (detector.name, peer.twoFold), target: .none))
      }
      let shipped = try NumentaBenchmark.score(
        truth, scores: own.scores, threshold: AdaptiveParameters.standard.threshold)
      let plain = try corpus.results(of: .plainSigma)
      let atThree = try NumentaBenchmark.score(truth, scores: plain.scores, threshold: 3)
      report.lines.append(
        QualityReport.Line(
          measure: "NAB standard as shipped (defaults chosen on these series)", ours: shipped.value,
          peer: ("3-sigma, fitted once, at 3", atThree.value), target: .none))
      return report.output(values)
    })

  /// Rankings: the volume under the surface, on the series that have anomalies.
  static let volume = Benchmark(
    CommandSyntax(
      "quality vus", "Scores of points on the labelled series in DATA/nab: VUS-PR and VUS-ROC.",
      options: QualityReport.options),
    printing: { values in
      let corpus = try NumentaCorpus(folder: QualityReport.dataFolder(values) + "/nab")
      let own = try corpus.volume(of: .lagHotelling)
      var report = QualityReport(
        name: "quality vus",
        subject: "\(corpus.anomalous.count) series with anomalies, buffers of 0 … 100 rows",
        rows: [own.json])
      for detector in [
        SeriesDetector.adaptiveScores, .expandingSigma, .plainSigma, .clock, .random,
      ] {
        let peer = try corpus.volume(of: detector)
        report.rows.append(peer.json)
        report.lines.append(
          QualityReport.Line(
            measure: "VUS-PR of the episode score", ours: own.precisionRecall,
            peer: (detector.name, peer.precisionRecall), target: .atLeast(0.39)))
        report.lines.append(
          QualityReport.Line(
            measure: "VUS-ROC of the episode score", ours: own.receiverOperating,
            peer: (detector.name, peer.receiverOperating), target: .none))
      }
      return report.output(values)
    })
}

extension NumentaCorpus {
  /// What the Numenta benchmark says of one detector.
  fileprivate struct AlertResults {
    let name: String
    let scores: [[Double]]
    let standard: NumentaScore
    let twoFold: Double
    let lowFalsePositives: Double
    let lowFalseNegatives: Double

    var json: JSONValue {
      [
        "detector": .string(name), "standard": .number(standard.value),
        "two_fold": .number(twoFold), "low_false_positives": .number(lowFalsePositives),
        "low_false_negatives": .number(lowFalseNegatives),
        "threshold": standard.threshold.isFinite ? .number(standard.threshold) : .null,
        "windows_found": .integer(Int64(standard.windowsFound)),
        "windows": .integer(Int64(standard.windowCount)),
        "false_alarm_rows": .integer(Int64(standard.falseAlarmRows)),
      ]
    }
  }

  fileprivate func results(of detector: SeriesDetector) throws -> AlertResults {
    let truth = entries.map(\.truth)
    let scores = try detector.scores(of: self, threadCount: Terminal.processorCount)
    return AlertResults(
      name: detector.name, scores: scores,
      standard: try NumentaBenchmark.bestScore(truth, scores: scores),
      twoFold: try NumentaBenchmark.twoFoldScore(truth, scores: scores),
      lowFalsePositives: try NumentaBenchmark.bestScore(
        truth, scores: scores, profile: .lowFalsePositives
      ).value,
      lowFalseNegatives: try NumentaBenchmark.bestScore(
        truth, scores: scores, profile: .lowFalseNegatives
      ).value)
  }

  /// The series with anomalies.
  fileprivate var anomalous: [Int] { entries.indices.filter { !entries[$0].truth.windows.isEmpty } }

  /// Means over the series with anomalies.
  fileprivate struct VolumeResults {
    let name: String
    var precisionRecall = 0.0
    var receiverOperating = 0.0

    var json: JSONValue {
      [
        "detector": .string(name), "vus_pr": .number(precisionRecall),
        "vus_roc": .number(receiverOperating),
      ]
    }
  }

  fileprivate func volume(of detector: SeriesDetector) throws -> VolumeResults {
    let scores = try detector.scores(of: self, threadCount: Terminal.processorCount)
    var results = VolumeResults(name: detector.name)
    for index in anomalous {
      let volume = try VolumeUnderSurface(scores: scores[index], labels: entries[index].labels)
      results.precisionRecall += volume.precisionRecall / Double(anomalous.count)
      results.receiverOperating += volume.receiverOperating / Double(anomalous.count)
    }
    return results
  }
}
