internal import JSON

/// What the OpenAPI description says about a route besides its summary.
struct RouteDetails {
  var query: [(String, JSONValue)] = []
  /// The member of `query` that cannot be left out.
  var required: String?
  /// The media type object of a JSON content.
  var request: JSONValue?
  var requestTypes = ["application/json"]
  var answer: JSONValue?
  var answerTypes = ["application/json"]
  var status = "200"
  var otherStatuses: [String] = []

  private static let flag: JSONValue = ["type": "string", "enum": ["1", "0", "true", "false"]]
  private static let version: JSONValue = ["type": "string", "pattern": "^v?[1-9][0-9]*$"]
  private static let text: JSONValue = ["type": "string"]

  private static let points: JSONValue = [
    "timestamps": [1_609_459_200, 1_609_459_260, 1_609_459_320], "values": [20.5, 20.7, 20.6],
  ]
  private static let event: JSONValue = [
    "meta": ["timestamp": "2025-12-20T12:00:00Z", "user_id": "user_99", "trace_id": "abc-123"],
    "data": ["tx_id": "tx_555", "amount": 4500.5, "currency": "USD"],
  ]

  /// The details by method and pattern.
  static let table: [String: RouteDetails] = [
    "POST /fit/{series_id}": RouteDetails(
      query: [("dry_run", flag)],
      request: OpenAPISchemas.media(
        fitMembers, required: ["timestamps", "values"], example: points),
      answer: OpenAPISchemas.example([
        "series_id": "temp_sensor", "version": "v1", "model_version": "v1", "points_used": 3,
        "created": true, "model": ["mean": 20.6, "std": 0.0816],
      ])),
    "POST /update/{series_id}": RouteDetails(
      query: [("new_version", flag)],
      request: OpenAPISchemas.media(
        OpenAPISchemas.points, required: ["timestamps", "values"], example: points),
      answer: OpenAPISchemas.example([
        "series_id": "temp_sensor", "version": "v1", "points_used": 6, "created": false,
      ])),
    "POST /predict/{series_id}": RouteDetails(
      query: [("version", version)],
      request: OpenAPISchemas.media(
        ["timestamp": OpenAPISchemas.timestamp, "value": ["type": "number"]],
        required: ["timestamp", "value"],
        example: ["timestamp": "1609459500", "value": 25.5]),
      answer: OpenAPISchemas.media(
        [
          "anomaly": ["type": "boolean"], "model_version": text, "version": text,
          "score": ["type": "number"],
          "probability": ["type": "number", "minimum": 0, "maximum": 1],
          "expected_value": ["type": "number"], "lower": ["type": "number"],
          "upper": ["type": "number"], "explanation": text,
        ], required: ["anomaly", "model_version", "score"],
        example: [
          "anomaly": true, "model_version": "v1", "version": "v1", "score": 17.4,
          "probability": 1.0, "expected_value": 20.5, "lower": 19.6, "upper": 21.4,
          "explanation": "25.5 is 17.4 σ above the expected 20.5",
        ])),
    "POST /predict/{series_id}/batch": RouteDetails(
      query: [("version", version)],
      request: OpenAPISchemas.media(
        OpenAPISchemas.points, required: ["timestamps", "values"], example: points),
      answer: OpenAPISchemas.example([
        "series_id": "temp_sensor", "version": "v1", "anomaly": [false, false, true],
        "score": [0.1, 0.2, 9.5], "episodes": [["start_index": 2, "end_index": 2]],
      ])),
    "POST /score/series": RouteDetails(
      request: OpenAPISchemas.media(
        adaptiveMembers, required: ["timestamps", "values"], example: points),
      answer: OpenAPISchemas.example([
        "detector": "adaptive", "threshold": 0.667, "warm_up": 600, "score": [0.0, 0.1, 0.7],
        "alert_score": [0.0, 0.0, 0.7], "probability": [0.0, 0.5, 0.99],
        "alerts": [
          [
            "index": 2, "timestamp": "2021-01-01T00:02:00Z", "score": 0.7,
            "explanation": "the value is 9.1 σ from its past",
          ]
        ],
      ])),
    "GET /series": RouteDetails(query: [
      ("limit", ["type": "integer", "minimum": 1, "maximum": 10_000]), ("after", text),
      ("prefix", text), ("contains", text),
    ]),
    "GET /series/{series_id}/versions/{version}": RouteDetails(query: [("include_data", flag)]),
    "DELETE /series/{series_id}": RouteDetails(status: "204"),
    "GET /plot": RouteDetails(
      query: [
        ("series_id", ["type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"]),
        ("version", version),
      ], required: "series_id",
      answerTypes: ["text/html", "image/svg+xml", "application/json"]),
    "POST /score": RouteDetails(
      query: [("model", text)],
      request: OpenAPISchemas.example(event),
      answer: OpenAPISchemas.example([
        "ml_score": 0.998, "ml_prediction": "ANOMALY", "severity": "HIGH", "rule_flags": [],
        "contributions": ["amount": 0.4], "model": "fraud", "model_version": "3",
      ])),
    "POST /score/batch": RouteDetails(
      query: [("model", text), ("explain", flag)],
      request: OpenAPISchemas.example([event]),
      requestTypes: ["application/json", "application/x-ndjson", "text/csv"],
      answer: OpenAPISchemas.example([["anomaly_score": 0.61, "ml_score": 0.998]]),
      answerTypes: ["application/json", "application/x-ndjson", "text/csv"]),
    "POST /v1/models/{name}/versions/{version}/score": RouteDetails(
      request: OpenAPISchemas.example(event)),
    "POST /v2/models/{name}/infer": infer,
    "POST /v2/models/{name}/versions/{version}/infer": infer,
    "GET /v1/models/{name}/versions/{version}/report": RouteDetails(answerTypes: ["text/html"]),
    "GET /metrics": RouteDetails(answerTypes: ["text/plain"]),
    "GET /dashboard": RouteDetails(answerTypes: ["text/html"]),
    "GET /dashboard/dygraph.js": RouteDetails(answerTypes: ["text/javascript"]),
    "GET /health/ready": RouteDetails(otherStatuses: ["503"]),
    "GET /v2/health/ready": RouteDetails(otherStatuses: ["503"]),
    "POST /admin/reload": RouteDetails(otherStatuses: ["409"]),
  ]

  private static let fitMembers: JSONObject = {
    var members = OpenAPISchemas.points
    members["threshold"] = ["type": "number", "exclusiveMinimum": 0, "default": 3]
    members["method"] = [
      "type": "string", "enum": ["sigma", "robust", "seasonal", "ewma", "auto"], "default": "sigma",
    ]
    members["sides"] = ["type": "string", "enum": ["both", "upper", "lower"], "default": "both"]
    return members
  }()

  private static let adaptiveMembers: JSONObject = {
    var members = OpenAPISchemas.points
    members["threshold"] = [
      "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "default": 0.6666666666666666,
    ]
    members["warm_up"] = ["type": "integer", "minimum": 0, "maximum": 1_000_000, "default": 600]
    members["quiet"] = ["type": "integer", "minimum": 0, "maximum": 1_000_000]
    members["time_zone"] = ["type": "string", "default": "UTC"]
    return members
  }()

  private static let infer = RouteDetails(
    request: OpenAPISchemas.example([
      "inputs": [
        ["name": "features", "shape": [1, 2], "datatype": "FP64", "data": [4500.5, 1.0]]
      ]
    ]),
    requestTypes: ["application/json", "application/octet-stream"],
    answer: OpenAPISchemas.example([
      "model_name": "fraud", "model_version": "3",
      "outputs": [
        ["name": "anomaly_score", "datatype": "FP64", "shape": [1, 1], "data": [0.61]]
      ],
    ]),
    answerTypes: ["application/json", "application/octet-stream"])
}
