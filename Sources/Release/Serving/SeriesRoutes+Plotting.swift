internal import SeriesStorage
internal import HTTP
internal import JSON
internal import Models
internal import Transactions

extension SeriesRoutes {
  /// `GET /plot?series_id=…&version=…`: as page, drawing or numbers, by what the client accepts.
  func plot(_ request: HTTPRequest) throws -> HTTPResponse {
    guard let text = request.queryValue("series_id") else {
      throw HTTPFailure.invalid("series_id", "is missing", code: "INVALID_PARAMETER")
    }
    let id = try HTTPRequest.checked(seriesID: text)
    let number = try request.versionNumber(request.queryValue("version"))
    let version = try found { () throws(SeriesStoreError) in try store.version(number, of: id) }
    let points = try found { () throws(SeriesStoreError) in
      try store.points(of: version.number, series: id)
    }
    let assessment: SeriesAssessment
    do {
      assessment = try version.model.assess(timestamps: points.timestamps, values: points.values)
    } catch {
      throw HTTPFailure(error)
    }
    let plot = SeriesPlot(
      title: "\(id) \(version.label)", times: points.timestamps, values: points.values,
      assessment: assessment)
    switch PlotForm(accepting: request.header("Accept")) {
    case .html: return .text(plot.html, contentType: "text/html; charset=utf-8")
    case .svg: return .text(plot.svg, contentType: "image/svg+xml")
    case .json: return .json(numbers(of: plot, id, version))
    }
  }

  private func numbers(of plot: SeriesPlot, _ id: String, _ version: SeriesVersion) -> JSONBuffer {
    var answer = JSONBuffer(capacity: 100 * plot.values.count + 256)
    answer.raw("{\"series_id\":")
    answer.string(id)
    answer.raw(",\"version\":")
    answer.string(version.label)
    answer.raw(",\"timestamps\":[")
    for (index, time) in plot.times.enumerated() {
      if index > 0 { answer.raw(",") }
      answer.string(time.description)
    }
    answer.raw("]")
    answer.member(",\"values\":", plot.values)
    answer.member(",\"expected_value\":", plot.assessment.expectedValues)
    answer.member(",\"lower\":", plot.assessment.lower)
    answer.member(",\"upper\":", plot.assessment.upper)
    answer.raw(",\"anomalies\":")
    answer.value(.array(plot.flagged.map { .integer(Int64($0)) }))
    answer.raw(",\"episodes\":")
    answer.value(.array(plot.assessment.episodes.map { $0.json }))
    answer.raw("}")
    return answer
  }
}

/// What a plot can be answered as.
private enum PlotForm: String, CaseIterable {
  case html = "text/html"
  case svg = "image/svg+xml"
  case json = "application/json"

  /// The first form in the list of media types that the client names; a page for one that takes anything.
  init(accepting list: String?) {
    let types = (list ?? "").split(separator: ",").map { type in
      String(type.prefix { $0 != ";" }.filter { $0 != " " }).lowercased()
    }
    self = types.lazy.compactMap { PlotForm(rawValue: $0) }.first ?? .html
  }
}
