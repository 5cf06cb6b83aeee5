public import JSON

/// An evaluation for people and machines: `metrics.json`, `report.html`, `report.md` and the plots.
///
/// The same evaluation and lineage give the same bytes.
public struct EvaluationReport: Sendable {
  /// The schema of `metrics.json`: its name and version.
  ///
  /// In `anomalyze-metrics/1`, `drift` was the list of features that is its member `features` now; all else is as it was.
  public static let schema = "anomalyze-metrics/2"

  /// The drift of every feature in a `metrics.json` of any version; `nil` when nobody looked.
  public static func driftedFeatures(in metrics: JSONValue) -> [JSONValue]? {
    metrics["drift"]?["features"]?.arrayValue ?? metrics["drift"]?.arrayValue
  }

  /// What was found.
  public let evaluation: Evaluation
  /// Where it comes from.
  public let lineage: EvaluationLineage
  /// What moved from training to test; `nil` when nobody looked.
  public let drift: DriftReport?
  /// What the primary detector relies on, most important first; empty when nobody looked.
  public let importance: [FeatureImportance]
  /// What holds for the primary detector without labels; `nil` when nobody looked.
  public let unlabelled: UnlabelledFigures?
  /// What the primary detector would seem to be worth if labels were known at once, when somebody tried.
  public let canary: LeakCanary?
  /// How ways of retraining did week by week; `nil` when the report is of no backtest.
  public let backtest: Backtest?
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
    drift: DriftReport? = nil, importance: [FeatureImportance] = [],
    unlabelled: UnlabelledFigures? = nil, canary: LeakCanary? = nil, backtest: Backtest? = nil,
    plotter: Gnuplot
  ) throws(EvaluationError) {
    self.evaluation = evaluation
    self.lineage = lineage
    self.drift = drift
    self.importance = importance
    self.unlabelled = unlabelled
    self.canary = canary
    self.backtest = backtest
    self.title = title
    verdict = Verdict(evaluation, isBacktest: backtest != nil)
    plotPages = try ReportPlots.draw(evaluation, backtest: backtest, with: plotter)
  }

  /// Everything below the first screen, in order.
  var sections: [ReportSection] {
    let parts: [[ReportSection?]] = [
      [backtestSection, detectorSection, curveSection, thresholdSection, responseSection],
      sliceSections,
      [differenceSection, migrationSection, rankSection, driftSection, canarySection],
      [importanceSection, missSection, unlabelledSection, modelCardSection, lineageSection],
      [reproduceSection, notesSection],
    ]
    return parts.joined().compactMap { $0 }
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
