internal import JSON

/// An evaluation for people and machines: `metrics.json`, `report.html`, `report.md` and the plots.
///
/// The same evaluation and lineage give the same bytes.
public struct EvaluationReport: Sendable {
  /// The schema of `metrics.json`: its name and version.
  public static let schema = "anomalyze-metrics/1"

  /// What was found.
  public let evaluation: Evaluation
  /// Where it comes from.
  public let lineage: EvaluationLineage
  /// How features and scores moved from training to test; empty when nobody looked.
  public let drift: [FeatureDrift]
  /// What the primary detector would seem to be worth if labels were known at once, when somebody tried.
  public let canary: LeakCanary?
  /// Name of the report.
  public let title: String
  /// The answer.
  public let verdict: Verdict
  let plotPages: [ReportPlots.Plot]

  /// Makes a report; the plots are drawn here.
  ///
  /// - Throws: `EvaluationError.plottingFailed`.
  public init(
    _ evaluation: Evaluation, title: String, lineage: EvaluationLineage,
    drift: [FeatureDrift] = [], canary: LeakCanary? = nil, plotter: Gnuplot
  ) throws(EvaluationError) {
    self.evaluation = evaluation
    self.lineage = lineage
    self.drift = drift
    self.canary = canary
    self.title = title
    verdict = Verdict(evaluation)
    plotPages = try ReportPlots.draw(evaluation, with: plotter)
  }

  /// The plots as files of their own, which follow the reader's light or dark setting.
  public func plots() -> [(name: String, svg: String)] {
    let style =
      "<style>@media (prefers-color-scheme:dark){\(PlotPalette.darkRules())}</style>\n"
    return plotPages.map { plot in
      var svg = plot.svg
      if let title = svg.firstRange(of: "</title>\n") {
        svg.insert(contentsOf: style, at: title.upperBound)
      }
      return (plot.name, svg)
    }
  }

  /// All files of the report by their path within its folder.
  public func files() -> [(path: String, bytes: [UInt8])] {
    [
      ("metrics.json", metrics.bytes(.indented)), ("report.html", Array(html().utf8)),
      ("report.md", Array(markdown().utf8)),
    ] + plots().map { ("plots/\($0.name).svg", Array($0.svg.utf8)) }
  }
}
