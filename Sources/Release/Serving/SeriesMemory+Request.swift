internal import HTTP
internal import JSON
internal import Models
internal import Transactions

extension SeriesMemory {
  /// The optional `window` (points) or `forgetting` (factor) of a request.
  init(requestedIn body: JSONObject) throws(ThreeSigmaError) {
    switch (body["window"], body["forgetting"]) {
    case (nil, nil): self = .everything
    case (let window?, nil):
      guard let count = window.integerValue.flatMap({ Int(exactly: $0) }) else {
        throw .invalidParameter(name: "window", reason: "must be a whole number of points")
      }
      self = .window(pointCount: count)
    case (nil, let forgetting?):
      guard let factor = forgetting.doubleValue else {
        throw .invalidParameter(name: "forgetting", reason: "must be a number")
      }
      self = .forgetting(factor: factor)
    case (_?, _?):
      throw .invalidParameter(name: "window", reason: "excludes forgetting; send one of them")
    }
  }
}

extension CalendarZone {
  /// The optional `time_zone` of a request.
  init(requestedIn body: JSONObject) throws(ThreeSigmaError) {
    guard let given = body["time_zone"] else {
      self = .utc
      return
    }
    guard let text = given.stringValue else {
      throw .invalidParameter(name: "time_zone", reason: "must be text, such as Europe/Berlin")
    }
    do throws(CalendarZoneError) {
      try self.init(parsing: text)
    } catch {
      throw .invalidParameter(name: "time_zone", reason: "cannot be used: \(error)")
    }
  }
}
