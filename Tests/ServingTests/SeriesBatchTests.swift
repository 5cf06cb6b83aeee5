import HTTPTestKit
import JSON
import Testing

@Suite struct SeriesBatchTests {
  private let values = [10.0, 11, 12, 11, 10, 12, 11, 10, 12, 11]

  private func fitted() throws -> (LiveServer, LoopbackClient) {
    let live = try LiveServer()
    let client = try live.client()
    #expect(try client.request("POST", "/fit/s", json: fitBody(values)).status == 200)
    return (live, client)
  }

  @Test func `a batch gives what single predictions give, and one episode for a run of anomalies`()
    throws
  {
    let (live, client) = try fitted()
    let judged = [11.0, 99, 98, 11, -50, 10]
    let answer = try client.request("POST", "/predict/s/batch", json: fitBody(judged)).json()
    let scores = try #require(answer["score"]?.arrayValue)
    let flags = try #require(answer["anomaly"]?.arrayValue).compactMap(\.boolValue)
    #expect(flags == [false, true, true, false, true, false])
    for (index, value) in judged.enumerated() {
      let time = JSONValue.integer(1_609_459_200 + 60 * Int64(index))
      let single = try client.request("POST", "/predict/s", json: point(value, at: time)).json()
      #expect(single["score"] == scores[index])
      for name in ["lower", "upper", "expected_value", "probability"] {
        #expect(single[name] == answer[name]?.arrayValue?[index], "\(name)")
      }
    }
    let episodes = try #require(answer["episodes"]?.arrayValue)
    #expect(episodes.count == 2)
    #expect(episodes[0]["start_index"] == 1 && episodes[0]["end_index"] == 2)
    #expect(episodes[0]["anomalies"] == 2)
    withExtendedLifetime(live) {}
  }

  @Test(
    arguments: [
      (#"{"timestamps":[1,2],"values":[1]}"#, "LENGTH_MISMATCH"),
      (#"{"timestamps":[1,2],"values":[1,null]}"#, "INVALID_VALUE"),
      (#"{"timestamps":[2,1],"values":[1,2]}"#, "UNSORTED_TIMESTAMPS"),
      (#"{"timestamps":[1,"x"],"values":[1,2]}"#, "INVALID_TIMESTAMP"),
      (#"{"values":[1]}"#, "VALIDATION_FAILED"),
    ])
  func `a batch that cannot be judged is 422`(body: String, code: String) throws {
    let (live, client) = try fitted()
    let answer = try client.request("POST", "/predict/s/batch", body: Array(body.utf8))
    #expect(answer.status == 422)
    #expect(answer.errorCode == code)
    withExtendedLifetime(live) {}
  }

  @Test func `a dry run stores nothing and lists everything`() throws {
    let live = try LiveServer()
    let client = try live.client()
    let body: JSONValue = ["timestamps": [1, 2, 2, 4, 3], "values": [1, nil, 3, 4, 5]]
    let answer = try client.request("POST", "/fit/s?dry_run=1", json: body)
    #expect(answer.status == 200)
    let codes = try answer.json()["findings"]?.arrayValue?.compactMap { $0["code"]?.stringValue }
    for code in ["INVALID_VALUE", "DUPLICATE_TIMESTAMP", "UNSORTED_TIMESTAMPS"] {
      #expect(codes?.contains(code) == true, "\(codes ?? [])")
    }
    #expect(try answer.json()["fittable"] == false)
    #expect(try client.request("GET", "/series/s").status == 404)
  }

  @Test func `an update learns as a fit of all points would and survives a restart`() throws {
    let folder = ScratchFolder()
    let later: JSONValue = ["timestamps": [1_609_470_000, 1_609_470_060], "values": [13, 14]]
    let expected: JSONValue?
    do {
      let live = try LiveServer(folder: folder)
      let client = try live.client()
      _ = try client.request("POST", "/fit/s", json: fitBody(values))
      let updated = try client.request("POST", "/update/s", json: later)
      #expect(updated.status == 200)
      #expect(try updated.json()["version"] == "v1")
      #expect(try updated.json()["points_used"] == 12)
      // The same points again are not later than the last one.
      #expect(try client.request("POST", "/update/s", json: later).status == 422)
      expected = try client.request("POST", "/predict/s", json: point(15)).json()
      let all = try client.request("GET", "/series/s/versions/1?include_data=1").json()
      #expect(all["values"]?.arrayValue?.count == 12)
      let body: JSONValue = [
        "timestamps": all["timestamps"] ?? .null, "values": all["values"] ?? .null,
      ]
      _ = try client.request("POST", "/fit/together", json: body)
      let together = try client.request("POST", "/predict/together", json: point(15)).json()
      #expect(together["score"] == expected?["score"])
    }
    let live = try LiveServer(folder: folder)
    let client = try live.client()
    #expect(try client.request("POST", "/predict/s", json: point(15)).json() == expected)
    let next: JSONValue = ["timestamps": [1_609_480_000], "values": [12], "new_version": true]
    #expect(try client.request("POST", "/update/s", json: next).json()["version"] == "v2")
    let old = try client.request("POST", "/predict/s?version=v1", json: point(15)).json()
    #expect(old["score"] == expected?["score"])
    let points = try client.request("GET", "/series/s/versions/2?include_data=1").json()
    #expect(points["values"]?.arrayValue?.count == 13)
    #expect(try client.request("POST", "/update/none", json: next).status == 404)
  }

  @Test func `a plot comes as page, drawing or numbers`() throws {
    let (live, client) = try fitted()
    let page = try client.request("GET", "/plot?series_id=s", headers: ["Accept: text/html"])
    #expect(page.header("Content-Type") == "text/html; charset=utf-8")
    #expect(page.text.contains("<svg"))
    let drawing = try client.request(
      "GET", "/plot?series_id=s&version=v1", headers: ["Accept: image/svg+xml"])
    #expect(drawing.text.hasPrefix("<svg"))
    let numbers = try client.request(
      "GET", "/plot?series_id=s", headers: ["Accept: application/json"])
    #expect(try numbers.json()["values"]?.arrayValue?.count == 10)
    #expect(try client.request("GET", "/plot").status == 422)
    #expect(try client.request("GET", "/plot?series_id=..").status == 400)
    #expect(try client.request("GET", "/plot?series_id=none").status == 404)
    withExtendedLifetime(live) {}
  }
}
