import HTTP
import HTTPTestKit
import JSON
import Serving
import Testing

@Suite struct OperatingRoutesTests {
  @Test func `the health check counts series and gives mean and p95`() throws {
    let live = try LiveServer()
    let client = try live.client()
    _ = try client.request("POST", "/fit/a", json: fitBody([1, 2, 3]))
    for _ in 0..<20 { _ = try client.request("POST", "/predict/a", json: point(2)) }
    let answer = try client.request("GET", "/healthcheck").json()
    #expect(answer["series_trained"] == 1)
    #expect(answer["inference_latency_ms"]?["count"] == 20)
    #expect(try #require(answer["inference_latency_ms"]?["p95"]?.doubleValue) > 0)
    #expect(try #require(answer["training_latency_ms"]?["avg"]?.doubleValue) > 0)
  }

  @Test func `live and ready answer`() throws {
    let live = try LiveServer()
    let client = try live.client()
    #expect(try client.request("GET", "/health/live").json()["live"] == true)
    #expect(try client.request("GET", "/health/ready").json()["ready"] == true)
  }

  @Test func `the description lists every route that is served`() throws {
    let live = try LiveServer()
    let document = try live.client().request("GET", "/openapi.json").json()
    #expect(document["openapi"] == "3.1.0")
    for route in live.application.routes {
      let operation = document["paths"]?[route.pattern]?[route.method.lowercased()]
      #expect(operation?["summary"] == .string(route.summary))
    }
  }

  @Test func `metrics are counters by route and status with histograms`() throws {
    let live = try LiveServer()
    let client = try live.client()
    _ = try client.request("POST", "/fit/a", json: fitBody([1, 2, 3]))
    _ = try client.request("POST", "/predict/a", json: point(2))
    _ = try client.request("POST", "/predict/none", json: point(2))
    _ = try client.request("GET", "/nowhere")
    let response = try client.request("GET", "/metrics")
    #expect(try #require(response.header("Content-Type")).hasPrefix("text/plain; version=0.0.4"))
    let lines = Set(response.text.split(separator: "\n").map(String.init))
    let route = #"method="POST",route="/predict/{series_id}""#
    #expect(lines.contains(#"anomalyze_http_requests_total{\#(route),status="200"} 1"#))
    #expect(lines.contains(#"anomalyze_http_requests_total{\#(route),status="404"} 1"#))
    #expect(
      lines.contains(#"anomalyze_http_request_duration_seconds_bucket{\#(route),le="+Inf"} 2"#))
    #expect(lines.contains(#"anomalyze_http_failures_total{code="ROUTE_NOT_FOUND"} 1"#))
    #expect(lines.contains("anomalyze_series 1"))
  }
}

@Suite struct LatencyHistogramTests {
  @Test func `quantiles are right to four percent`() {
    var histogram = LatencyHistogram()
    for index in 1...100_000 { histogram.add(nanoseconds: UInt64(index) * 1_000) }
    for share in [0.5, 0.95, 0.99] {
      let expected = share * 100
      #expect(abs(histogram.quantileMilliseconds(share) - expected) < 0.04 * expected)
    }
    #expect(abs(histogram.meanMilliseconds - 50.0005) < 1e-9)
  }

  @Test func `merging equals adding everything to one`() {
    var all = LatencyHistogram()
    var parts = [LatencyHistogram(), LatencyHistogram()]
    for index in 0..<5_000 {
      let duration = UInt64(index * index * 7)
      all.add(nanoseconds: duration)
      parts[index % 2].add(nanoseconds: duration)
    }
    parts[0].merge(parts[1])
    #expect(parts[0] == all)
  }

  @Test(arguments: [0, 1, 15, 16, 17, 1_000, 1 << 40, UInt64.max])
  func `takes any duration`(nanoseconds: UInt64) {
    var histogram = LatencyHistogram()
    histogram.add(nanoseconds: nanoseconds)
    #expect(histogram.count == 1)
    #expect(histogram.quantileMilliseconds(1) >= 0)
  }

  @Test func `an empty histogram gives zero`() {
    #expect(LatencyHistogram().quantileMilliseconds(0.95) == 0)
    #expect(LatencyHistogram().meanMilliseconds == 0)
  }
}
