import HTTPTestKit
import JSON
import Models
import Tabular
import Testing
import Transactions

struct AdaptiveRouteTests {
  /// A quiet series with a jump at the end.
  static func values() -> [Double] {
    var generator = SeededGenerator(seed: 5)
    return (0..<900).map { 20 + generator.normal() + ($0 >= 800 && $0 < 812 ? 30 : 0) }
  }

  @Test func `a series is scored without a fit, with one alert for an episode`() throws {
    let live = try LiveServer()
    let client = try live.client()
    let values = Self.values()
    let response = try client.request("POST", "/score/series", json: fitBody(values))
    #expect(response.status == 200)
    let answer = try response.json()
    var detector = AdaptiveDetector(parameters: .standard)
    let verdicts = values.enumerated().map {
      detector.judge($1, at: Timestamp(seconds: 1_609_459_200 + 60 * Int64($0)))
    }
    #expect(answer["score"]?.arrayValue?.map(\.doubleValue) == verdicts.map(\.score))
    #expect(answer["alert_score"]?.arrayValue?.map(\.doubleValue) == verdicts.map(\.alertScore))
    #expect(answer["probability"]?.arrayValue?.map(\.doubleValue) == verdicts.map(\.probability))
    let alerts = try #require(answer["alerts"]?.arrayValue)
    #expect(
      alerts.map { $0["index"]?.integerValue }
        == verdicts.indices.filter { verdicts[$0].isAlert }.map { Int64($0) })
    #expect(alerts.count { (800..<812).contains($0["index"]?.integerValue ?? 0) } >= 1)
    #expect(alerts.first?["explanation"]?.stringValue?.contains("σ from its past") == true)
    #expect(try client.request("GET", "/series").json()["total"] == 0)
  }

  @Test func `threshold, warm-up and quiet period are the request's`() throws {
    let live = try LiveServer()
    let client = try live.client()
    let quiet = try client.request(
      "POST", "/score/series", json: fitBody(Self.values(), ["warm_up": 850]))
    #expect(try quiet.json()["alerts"]?.arrayValue?.isEmpty == true)
    let loud = try client.request(
      "POST", "/score/series",
      json: fitBody(Self.values(), ["warm_up": 50, "quiet": 0, "threshold": 0.3]))
    #expect(try loud.json()["alerts"]?.arrayValue?.count ?? 0 > 10)
    let zone = fitBody(Self.values(), ["time_zone": "Europe/Berlin"])
    #expect(try client.request("POST", "/score/series", json: zone).status == 200)
  }

  @Test(
    arguments: [
      (fitBody([]), "EMPTY_SERIES"), (fitBody([1, 2], ["threshold": 2]), "INVALID_PARAMETER"),
      (fitBody([1, 2], ["warm_up": 0.5]), "INVALID_PARAMETER"),
      (fitBody([1, 2], ["quiet": -1]), "INVALID_PARAMETER"),
      (["timestamps": [2, 1], "values": [1, 2]], "UNSORTED_TIMESTAMPS"),
      (["timestamps": [1], "values": [1, 2]], "LENGTH_MISMATCH"),
    ] as [(JSONValue, String)])
  func `what cannot be scored is 422`(body: JSONValue, code: String) throws {
    let live = try LiveServer()
    let response = try live.client().request("POST", "/score/series", json: body)
    #expect(response.status == 422)
    #expect(response.errorCode == code)
  }
}
