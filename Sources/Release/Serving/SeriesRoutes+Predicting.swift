internal import SeriesStorage
internal import HTTP
internal import JSON
internal import Models
internal import Transactions

extension SeriesRoutes {
  /// `POST /predict/{series_id}`: the busiest route, so its answer is written without a tree.
  func predict(_ request: borrowing HTTPRequest) throws -> HTTPResponse {
    let id = try request.seriesID()
    let number = try request.versionNumber(request.queryValue("version"))
    let point = try PointBody(request)
    let version = try found { () throws(SeriesStoreError) in try store.version(number, of: id) }
    let prediction = version.predict(point.value, at: point.timestamp)
    var answer = JSONBuffer(capacity: 400)
    answer.raw(
      prediction.isAnomaly
        ? "{\"anomaly\":true,\"model_version\":\"" : "{\"anomaly\":false,\"model_version\":\"")
    version.writeLabel(to: &answer)
    answer.raw("\",\"version\":\"")
    version.writeLabel(to: &answer)
    answer.raw("\",\"score\":")
    answer.number(prediction.score)
    answer.raw(",\"probability\":")
    answer.number(prediction.probability)
    answer.raw(",")
    version.writeBand(of: prediction, to: &answer)
    answer.raw(",\"explanation\":\"")
    prediction.writeExplanation(to: &answer)
    answer.raw("\"}")
    return .json(answer)
  }

  /// `POST /predict/{series_id}/batch`: a list a column, and one alert for each run of anomalies.
  func predictBatch(_ request: HTTPRequest) throws -> HTTPResponse {
    let id = try request.seriesID()
    let number = try request.versionNumber(request.queryValue("version"))
    let body = try PointsBody(request)
    let version = try found { () throws(SeriesStoreError) in try store.version(number, of: id) }
    let assessment: SeriesAssessment
    do {
      assessment = try version.model.assess(
        timestamps: body.points.timestamps, values: body.points.values,
        episodes: EpisodeParameters(requestedIn: body.options))
    } catch let error as ThreeSigmaError {
      throw HTTPFailure(error)
    }
    var answer = JSONBuffer(capacity: 64 * body.points.values.count + 256)
    answer.raw("{\"series_id\":")
    answer.string(id)
    answer.raw(",\"version\":")
    answer.string(version.label)
    answer.raw(",\"model_version\":")
    answer.string(version.label)
    answer.raw(",\"anomaly\":[")
    for (index, flag) in assessment.isAnomaly.enumerated() {
      if index > 0 { answer.raw(",") }
      answer.bool(flag)
    }
    answer.raw("]")
    answer.member(",\"score\":", assessment.scores)
    answer.member(",\"probability\":", assessment.probabilities)
    answer.member(",\"expected_value\":", assessment.expectedValues)
    answer.member(",\"lower\":", assessment.lower)
    answer.member(",\"upper\":", assessment.upper)
    answer.raw(",\"episodes\":")
    answer.value(.array(assessment.episodes.map { $0.json }))
    answer.raw("}")
    return .json(answer)
  }
}

extension JSONBuffer {
  /// Writes a member whose value is a list of numbers.
  mutating func member(_ head: StaticString, _ numbers: [Double]) {
    raw(head)
    raw("[")
    for (index, number) in numbers.enumerated() {
      if index > 0 { raw(",") }
      self.number(number)
    }
    raw("]")
  }
}

extension SeriesEpisode {
  /// The episode in answers.
  var json: JSONValue {
    [
      "start": .string(start.description), "peak": .string(peak.description),
      "end": .string(end.description), "start_index": .integer(Int64(startIndex)),
      "peak_index": .integer(Int64(peakIndex)), "end_index": .integer(Int64(endIndex)),
      "peak_score": .number(peakScore), "anomalies": .integer(Int64(anomalyCount)),
    ]
  }
}

extension EpisodeParameters {
  /// The optional `episode_gap_seconds` and `episode_holding_share` of a request.
  init(requestedIn options: JSONObject) throws {
    func number(_ name: String, _ standard: Double) throws(HTTPFailure) -> Double {
      guard let given = options[name] else { return standard }
      guard let value = given.doubleValue, value.magnitude < 1e9 else {
        throw .invalid(name, "must be a number below 1e9", code: "INVALID_PARAMETER")
      }
      return value
    }
    try self.init(
      minimumGap: TimeSpan(
        microseconds: Int64(try number("episode_gap_seconds", 0) * 1_000_000)),
      holdingShare: try number("episode_holding_share", 1))
  }
}
