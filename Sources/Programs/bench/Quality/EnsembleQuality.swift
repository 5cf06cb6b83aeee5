internal import Arguments
internal import Evaluation
internal import Files
internal import JSON
internal import Models
internal import Tabular
internal import Terminal
internal import Training

/// The ensemble of forest and robust Gaussian on labelled tables, beside its members.
struct EnsembleQuality {
  /// Gzipped CSV files, as `LabelledTable` reads them.
  let folder: String
  let seedCount: Int

  static let benchmark = Benchmark(
    CommandSyntax(
      "quality ensemble",
      "Ensemble of forest and robust Gaussian beside its members on the labelled tables in DATA/adbench.",
      options: [.init("--seeds", "N", "Seeds whose mean is taken.", default: "3")]
        + QualityReport.options),
    printing: { values in
      try EnsembleQuality(
        folder: QualityReport.dataFolder(values) + "/adbench",
        seedCount: values.integer("--seeds", in: 1...100) ?? 3
      ).run().output(values)
    })

  /// The areas under the ROC curve on one file.
  private struct Areas {
    let file: String
    var ensemble = 0.0
    var forest = 0.0
    var gaussian = 0.0
  }

  /// One line a file and one for the means.
  func run() throws -> QualityReport {
    let files = try FileSystem.contents(ofDirectory: folder).filter { $0.hasSuffix(".csv.gz") }
    var report = QualityReport(
      name: "quality ensemble", subject: "\(files.count) files, mean of \(seedCount) seeds")
    var areas: [Areas] = []
    for file in files { areas.append(try measure(file)) }
    for area in areas {
      report.lines.append(
        .init(
          measure: "AUROC of the ensemble, \(area.file)", ours: area.ensemble,
          peer: ("forest", area.forest), target: .none))
      report.rows.append(
        .object([
          "file": .string(area.file), "ensemble": .number(area.ensemble),
          "forest": .number(area.forest), "gaussian": .number(area.gaussian),
        ]))
    }
    func mean(_ part: (Areas) -> Double) -> Double {
      areas.map(part).reduce(0, +) / Double(areas.count)
    }
    let ensemble = mean(\.ensemble)
    let members = [("forest", mean(\.forest)), ("robust Gaussian", mean(\.gaussian))]
    let best = members.map(\.1).max() ?? 0
    for (name, value) in members {
      report.lines.append(
        .init(
          measure: "mean AUROC of the ensemble", ours: ensemble, peer: (name, value),
          target: .atLeast(best - 0.005)))
    }
    report.lines.append(
      .init(
        measure: "files where the ensemble is above its forest",
        ours: Double(areas.count { $0.ensemble > $0.forest }),
        peer: ("half of the files", Double(areas.count) / 2),
        target: .atLeast(Double(areas.count / 2 + 1))))
    return report
  }

  private func measure(_ file: String) throws -> Areas {
    let table = try LabelledTable(
      contentsOf: "\(folder)/\(file)", name: String(file.dropLast(7)))
    let names = (0..<table.matrix.columnCount).map { "x\($0)" }
    var areas = Areas(file: table.name)
    for seed in 0..<seedCount {
      let parameters = try EnsembleParameters(members: [
        .init(.isolationForest(try .fairCut(seed: UInt64(seed)))),
        .init(.gaussian(try .robust(seed: UInt64(seed)))),
      ])
      let ensemble = try EnsembleLearner(parameters: parameters).fit(
        table.matrix, featureNames: names, threadCount: Terminal.processorCount)
      func area(_ scores: [Double]) throws -> Double {
        let value = try RankingMetrics.areaUnderROC(scores: scores, labels: table.labels).value
        return (value ?? .nan) / Double(seedCount)
      }
      let threads = Terminal.processorCount
      areas.ensemble += try area(ensemble.scores(of: table.matrix, threadCount: threads))
      // Evidence ranks as the member's own score does.
      let evidence = try ensemble.memberEvidence(of: table.matrix, threadCount: threads)
      areas.forest += try area(evidence[0])
      areas.gaussian += try area(evidence[1])
    }
    return areas
  }
}
