import Dispatch
import HTTP
import HTTPTestKit
import JSON
import Synchronization
import Testing

@Suite struct SeriesRoutesTests {
  @Test func `a fit answers with the challenge's fields and the next prediction uses it`() throws {
    let live = try LiveServer()
    let client = try live.client()
    let fit = try client.request("POST", "/fit/temp_sensor", json: fitBody([1, 2, 3, 4, 5]))
    #expect(fit.status == 200)
    let answer = try fit.json()
    #expect(answer["series_id"] == "temp_sensor")
    #expect(answer["version"] == "v1")
    #expect(answer["model_version"] == "v1")
    #expect(answer["points_used"] == 5)
    #expect(answer["model"]?["mean"]?.doubleValue == 3)
    let prediction = try client.request("POST", "/predict/temp_sensor", json: point(25.5)).json()
    #expect(prediction["anomaly"] == true)
    #expect(prediction["model_version"] == "v1")
    for field in ["version", "score", "probability", "expected_value", "lower", "upper"] {
      #expect(prediction[field] != nil, "\(field)")
    }
  }

  @Test func `upper sigma is mean + 3 population deviations, strictly`() throws {
    let live = try LiveServer()
    let client = try live.client()
    // Mean 10, population deviation 1: the border is 13 exactly.
    let body = fitBody([9, 11, 9, 11], ["method": "sigma", "sides": "upper"])
    _ = try client.request("POST", "/fit/s", json: body)
    #expect(try client.request("POST", "/predict/s", json: point(13)).json()["anomaly"] == false)
    #expect(
      try client.request("POST", "/predict/s", json: point(13.0000001)).json()["anomaly"] == true)
    #expect(try client.request("POST", "/predict/s", json: point(-50)).json()["anomaly"] == false)
  }

  @Test func `a refit with other data changes the decision at once and on every connection`() throws
  {
    let live = try LiveServer()
    let client = try live.client()
    let other = try live.client()
    _ = try client.request("POST", "/fit/s", json: fitBody([1, 2, 3, 2, 1]))
    #expect(try other.request("POST", "/predict/s", json: point(100)).json()["anomaly"] == true)
    _ = try client.request("POST", "/fit/s", json: fitBody([99, 100, 101, 100, 99]))
    let after = try other.request("POST", "/predict/s", json: point(100)).json()
    #expect(after["anomaly"] == false)
    #expect(after["version"] == "v2")
    let pinned = try other.request("POST", "/predict/s?version=v1", json: point(100)).json()
    #expect(pinned["anomaly"] == true)
    #expect(pinned["version"] == "v1")
  }

  @Test func `one timestamp with two values gives two answers`() throws {
    let live = try LiveServer()
    let client = try live.client()
    _ = try client.request("POST", "/fit/s", json: fitBody([1, 2, 3, 2, 1]))
    #expect(try client.request("POST", "/predict/s", json: point(2)).json()["anomaly"] == false)
    #expect(try client.request("POST", "/predict/s", json: point(90)).json()["anomaly"] == true)
  }

  @Test func `the same body twice gives the same version`() throws {
    let live = try LiveServer()
    let client = try live.client()
    let first = try client.request("POST", "/fit/s", json: fitBody([1, 2, 3]))
    let second = try client.request("POST", "/fit/s", json: fitBody([1, 2, 3]))
    #expect(second.status == 200)
    #expect(try first.json()["version"] == "v1")
    #expect(try second.json()["version"] == "v1")
    let stricter = try client.request("POST", "/fit/s", json: fitBody([1, 2, 3], ["threshold": 2]))
    #expect(try stricter.json()["version"] == "v2")
  }

  @Test func `ten parallel fits give ten consecutive versions`() throws {
    let live = try LiveServer()
    let port = live.server.port
    let versions = Mutex<Set<String>>([])
    DispatchQueue.concurrentPerform(iterations: 10) { index in
      let response = try? LoopbackClient(port: port).request(
        "POST", "/fit/s", json: fitBody([1, 2, 3, Double(index)]))
      let version = (try? response?.json())?["version"]?.stringValue
      versions.withLock { _ = $0.insert(version ?? "none") }
    }
    #expect(versions.withLock { $0 } == Set((1...10).map { "v\($0)" }))
  }

  @Test(
    arguments: [
      (#"{"timestamps":[1,2],"values":[1]}"#, "LENGTH_MISMATCH", 1),
      (#"{"timestamps":[],"values":[]}"#, "EMPTY_SERIES", nil),
      (#"{"timestamps":[1],"values":[1]}"#, "INSUFFICIENT_DATA", nil),
      (#"{"timestamps":[1,2,3],"values":[1,null,3]}"#, "INVALID_VALUE", 1),
      (#"{"timestamps":[1,2,3],"values":[1,2,"3"]}"#, "INVALID_VALUE", 2),
      (#"{"timestamps":[1,2,2],"values":[1,2,3]}"#, "DUPLICATE_TIMESTAMP", 2),
      (#"{"timestamps":[1,3,2],"values":[1,2,3]}"#, "UNSORTED_TIMESTAMPS", 2),
      (#"{"timestamps":[1,true,3],"values":[1,2,3]}"#, "INVALID_TIMESTAMP", 1),
      (#"{"timestamps":[1,9223372036854775807],"values":[1,2]}"#, "INVALID_TIMESTAMP", 1),
      (#"{"timestamps":[1,2],"values":[1,2],"threshold":0}"#, "INVALID_PARAMETER", nil),
      (#"{"timestamps":[1,2],"values":[1,2],"threshold":"3"}"#, "INVALID_PARAMETER", nil),
      (#"{"timestamps":[1,2],"values":[1,2],"sides":"left"}"#, "INVALID_PARAMETER", nil),
      (#"{"timestamps":[1,2],"values":[1,2],"window":8}"#, "INVALID_PARAMETER", nil),
      (
        #"{"timestamps":[1,2],"values":[1,2],"window":64,"forgetting":0.9}"#, "INVALID_PARAMETER",
        nil
      ),
      (#"{"timestamps":[1,2],"values":[1,2],"time_zone":"Mars"}"#, "INVALID_PARAMETER", nil),
      (#"{"timestamps":[1,2]}"#, "VALIDATION_FAILED", nil),
      (#"[1,2]"#, "VALIDATION_FAILED", nil),
    ] as [(String, String, Int64?)])
  func `what cannot be fitted is 422 with the first offender`(
    body: String, code: String, index: Int64?
  ) throws {
    let live = try LiveServer()
    let response = try live.client().request("POST", "/fit/s", body: Array(body.utf8))
    #expect(response.status == 422)
    #expect(response.errorCode == code)
    #expect(try response.json()["error"]?["details"]?["index"]?.integerValue == index)
    #expect(try live.client().request("POST", "/predict/s", json: point(1)).status == 404)
  }

  @Test func `a series fitted with a window follows its last points through updates`() throws {
    let live = try LiveServer()
    let client = try live.client()
    func body(_ range: Range<Int>, _ level: Double, _ more: String) -> [UInt8] {
      let times = range.map { "\($0)" }.joined(separator: ",")
      let values = range.map { "\(level + Double($0 % 5))" }.joined(separator: ",")
      return Array("{\"timestamps\":[\(times)],\"values\":[\(values)]\(more)}".utf8)
    }
    let fit = try client.request(
      "POST", "/fit/w", body: body(0..<100, 0, ",\"window\":64,\"time_zone\":\"+02:00\""))
    try #require(fit.status == 200)
    let before = try client.request("POST", "/predict/w", json: point(100)).json()
    #expect(before["anomaly"]?.boolValue == true)
    let update = try client.request("POST", "/update/w", body: body(100..<200, 100, ""))
    #expect(update.status == 200)
    let after = try client.request("POST", "/predict/w", json: point(100)).json()
    #expect(after["anomaly"]?.boolValue == false)
    let old = try client.request("POST", "/predict/w", json: point(2)).json()
    #expect(old["anomaly"]?.boolValue == true)
  }

  @Test(
    arguments: [
      #"{"timestamps":[1,2],"values":[1,NaN]}"#, #"{"timestamps":[1,2],"values":[1,1e999]}"#,
      #"{"timestamps":[1,2],"values":[1,2]"#, #"{"values":[1,2],"values":[1,2]}"#, "",
      String(repeating: "[", count: 100_000), "\u{FEFF}{}", #"{"timestamps":[1,2],}"#,
    ])
  func `malformed JSON is 400 and names the place`(body: String) throws {
    let live = try LiveServer()
    let response = try live.client().request("POST", "/fit/s", body: Array(body.utf8))
    #expect(response.status == 400)
    #expect(response.errorCode == "MALFORMED_JSON")
    #expect(try response.json()["error"]?["details"]?["line"] != nil)
  }

  @Test func `invalid UTF-8 and a wrong content type are refused`() throws {
    let live = try LiveServer()
    let client = try live.client()
    let bytes =
      Array(#"{"timestamp":"1","value":1,"x":""#.utf8) + [0xFF, 0xFE] + Array(#""}"#.utf8)
    #expect(try client.request("POST", "/predict/s", body: bytes).status == 400)
    let form = try client.request(
      "POST", "/predict/s", headers: ["Content-Type: text/plain"], body: Array("{}".utf8))
    #expect(form.status == 415)
  }

  @Test func `a constant series is accepted and any other value is an anomaly`() throws {
    let live = try LiveServer()
    let client = try live.client()
    let values = Array(repeating: 0.1, count: 1_000)
    #expect(try client.request("POST", "/fit/s", json: fitBody(values)).status == 200)
    #expect(try client.request("POST", "/predict/s", json: point(0.1)).json()["anomaly"] == false)
    #expect(
      try client.request("POST", "/predict/s", json: point(0.1.nextUp)).json()["anomaly"] == true)
  }

  @Test(
    arguments: [
      .integer(1_609_459_500), .number(1_609_459_500.25), "1609459500", "1609459500.5",
      "2021-01-01T00:05:00Z", "2021-01-01T01:05:00+01:00",
    ] as [JSONValue])
  func `a timestamp is Unix seconds or RFC 3339`(time: JSONValue) throws {
    let live = try LiveServer()
    let client = try live.client()
    _ = try client.request("POST", "/fit/s", json: fitBody([1, 2, 3]))
    #expect(try client.request("POST", "/predict/s", json: point(2, at: time)).status == 200)
  }

  @Test func `a point means the same in every way of writing it`() throws {
    let live = try LiveServer()
    let client = try live.client()
    _ = try client.request("POST", "/fit/s", json: fitBody([1, 2, 3]))
    let answers = try [
      #"{"timestamp":"1609459500","value":25.5}"#, #"{"timestamp":1609459500,"value":25.5}"#,
      #"{"timestamp":"1609459500","value":25.5} "#, #"{"value":255e-1,"timestamp":1609459500}"#,
      #" {"timestamp" : "2021-01-01T00:05:00Z", "value": 25.50 , "x" : [null]}"#,
    ].map { try client.request("POST", "/predict/s", body: Array($0.utf8)) }
    #expect(answers.allSatisfy { $0.status == 200 && $0.body == answers[0].body })
  }

  @Test(
    arguments: [
      #"{"timestamp":"1609459500","value":25.5}}"#, #"{"timestamp":"1609459500"value":25.5}"#,
      #"{"timestamp":1609459500","value":25.5}"#, #"{"timestamp":"1609459500","value":}"#,
      #"{"timestamp":1609459500,"value":1,"value":1}"#, #"{"timestamp":01609459500,"value":1}"#,
      #"{"timestamp":1609459500,"value":1"#, #"{"timestamp":1609459500,"value":1,}"#,
    ])
  func `a point that is almost right is malformed`(body: String) throws {
    let live = try LiveServer()
    let response = try live.client().request("POST", "/predict/s", body: Array(body.utf8))
    #expect(response.status == 400)
    #expect(response.errorCode == "MALFORMED_JSON")
  }

  @Test func `one connection that asks for this and that gets this and that`() throws {
    let live = try LiveServer()
    let client = try live.client()
    for id in ["a", "b"] {
      _ = try client.request(
        "POST", "/fit/\(id)", json: fitBody(id == "a" ? [1, 2, 3] : [7, 8, 9]))
    }
    for _ in 0..<3 {
      for (id, isAnomaly) in [("a", false), ("a", false), ("b", true), ("a", false)] {
        let answer = try client.request("POST", "/predict/\(id)", json: point(2)).json()
        #expect(answer["anomaly"]?.boolValue == isAnomaly)
      }
      #expect(try client.request("GET", "/predict/a").status == 405)
      #expect(try client.request("GET", "/series/a").json()["series_id"] == "a")
      #expect(try client.request("DELETE", "/nothing/a").status == 404)
      #expect(try client.request("POST", "/predict/%61", json: point(2)).status == 200)
      #expect(
        try client.request("POST", "/predict/\(String(repeating: "x", count: 400))").status == 400)
    }
  }

  @Test(arguments: ["yesterday", true, nil, .number(1e300), .array([])] as [JSONValue])
  func `what is no timestamp is 422`(time: JSONValue) throws {
    let live = try LiveServer()
    let client = try live.client()
    _ = try client.request("POST", "/fit/s", json: fitBody([1, 2, 3]))
    let response = try client.request("POST", "/predict/s", json: point(2, at: time))
    #expect(response.status == 422)
    #expect(response.errorCode == "INVALID_TIMESTAMP")
  }

  @Test(arguments: ["a%20b", "..", ".", "caf%C3%A9", "a%2Fb", String(repeating: "x", count: 129)])
  func `an unsafe name is 400`(id: String) throws {
    let live = try LiveServer()
    let response = try live.client().request("POST", "/predict/\(id)", json: point(2))
    #expect(response.status == 400)
    #expect(response.errorCode == "INVALID_SERIES_ID")
  }

  @Test(arguments: ["v0", "v2", "latest", "v99999999999999999999", "-1"])
  func `an unknown version is 404`(label: String) throws {
    let live = try LiveServer()
    let client = try live.client()
    _ = try client.request("POST", "/fit/s", json: fitBody([1, 2, 3]))
    let response = try client.request("POST", "/predict/s?version=\(label)", json: point(2))
    #expect(response.status == 404)
    #expect(response.errorCode == "VERSION_NOT_FOUND")
  }

  @Test func `an unknown series is 404, a deleted one too, and a later fit goes on counting`()
    throws
  {
    let live = try LiveServer()
    let client = try live.client()
    #expect(
      try client.request("POST", "/predict/s", json: point(2)).errorCode == "SERIES_NOT_FOUND")
    _ = try client.request("POST", "/fit/s", json: fitBody([1, 2, 3]))
    #expect(try client.request("DELETE", "/series/s").status == 204)
    #expect(try client.request("DELETE", "/series/s").status == 404)
    #expect(try client.request("POST", "/predict/s", json: point(2)).status == 404)
    #expect(try client.request("GET", "/series").json()["total"] == 0)
    let again = try client.request("POST", "/fit/s", json: fitBody([1, 2, 3])).json()
    #expect(again["version"] == "v2")
  }

  @Test func `the list is paged and a version shows its points`() throws {
    let live = try LiveServer()
    let client = try live.client()
    for id in ["c", "a", "b"] {
      _ = try client.request("POST", "/fit/\(id)", json: fitBody([1, 2, 3]))
    }
    let page = try client.request("GET", "/series?limit=2").json()
    #expect(page["series"]?.arrayValue?.map { $0["series_id"] } == ["a", "b"])
    #expect(page["next_after"] == "b")
    let rest = try client.request("GET", "/series?limit=2&after=b").json()
    #expect(rest["series"]?.arrayValue?.count == 1)
    #expect(rest["next_after"] == .null)
    let version = try client.request("GET", "/series/a/versions/v1?include_data=1").json()
    #expect(version["values"] == [1.0, 2.0, 3.0])
    #expect(version["timestamps"]?.arrayValue?.first == "2021-01-01T00:00:00Z")
    #expect(try client.request("GET", "/series/a/versions/v2").status == 404)
    #expect(try client.request("GET", "/series?limit=x").status == 422)
  }
}
