internal import HTTP
internal import JSON
internal import Models
internal import SeriesStorage
internal import Transactions

extension SeriesRoutes {
  /// `POST /score/series`: the adaptive detector over a whole series, each point by the ones before it; nothing is stored.
  func scoreSeries(_ request: HTTPRequest) throws -> HTTPResponse {
    let body = try PointsBody(request)
    let (timestamps, values) = (body.points.timestamps, body.points.values)
    var detector: AdaptiveDetector
    do throws(ThreeSigmaError) {
      try ThreeSigmaModel.check(timestamps: timestamps, values: values, minimumPointCount: 1)
      detector = AdaptiveDetector(
        parameters: try AdaptiveParameters(requestedIn: body.options),
        zone: try CalendarZone(requestedIn: body.options))
    } catch {
      throw HTTPFailure(error)
    }
    var scores: [Double] = []
    var alertScores: [Double] = []
    var probabilities: [Double] = []
    scores.reserveCapacity(values.count)
    alertScores.reserveCapacity(values.count)
    probabilities.reserveCapacity(values.count)
    var alerts: [JSONValue] = []
    for (index, value) in values.enumerated() {
      let verdict = detector.judge(value, at: timestamps[index])
      scores.append(verdict.score)
      alertScores.append(verdict.alertScore)
      probabilities.append(verdict.probability)
      guard verdict.isAlert else { continue }
      alerts.append([
        "index": .integer(Int64(index)), "timestamp": .string(timestamps[index].description),
        "score": .number(verdict.score), "explanation": .string(verdict.explanation),
      ])
    }
    var answer = JSONBuffer(capacity: 48 * values.count + 256)
    answer.raw("{\"detector\":\"adaptive\",\"threshold\":")
    answer.number(detector.parameters.threshold)
    answer.raw(",\"warm_up\":")
    answer.integer(detector.parameters.warmUpCount)
    answer.member(",\"score\":", scores)
    answer.member(",\"alert_score\":", alertScores)
    answer.member(",\"probability\":", probabilities)
    answer.raw(",\"alerts\":")
    answer.value(.array(alerts))
    answer.raw("}")
    return .json(answer)
  }
}

extension AdaptiveParameters {
  /// The optional `threshold`, `warm_up` and `quiet` of a request.
  init(requestedIn options: JSONObject) throws(ThreeSigmaError) {
    func count(_ name: String) throws(ThreeSigmaError) -> Int? {
      guard let given = options[name] else { return nil }
      guard let count = given.integerValue.flatMap({ Int(exactly: $0) }) else {
        throw .invalidParameter(name: name, reason: "must be a whole number of points")
      }
      return count
    }
    var threshold = AdaptiveParameters.standard.threshold
    if let given = options["threshold"] {
      guard let number = given.doubleValue else {
        throw .invalidParameter(name: "threshold", reason: "must be a number between 0 and 1")
      }
      threshold = number
    }
    try self.init(
      threshold: threshold,
      warmUpCount: try count("warm_up") ?? AdaptiveParameters.standard.warmUpCount,
      quietCount: try count("quiet"))
  }
}
