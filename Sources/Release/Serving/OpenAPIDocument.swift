internal import HTTP
internal import JSON

/// The OpenAPI 3.1 description of the routes, made from the table that serves them.
struct OpenAPIDocument {
  let routes: [Route]
  let version: String

  var json: JSONValue {
    var paths = JSONObject()
    for route in routes {
      var path = paths[route.pattern]?.objectValue ?? JSONObject()
      path[route.method.lowercased()] = operation(route)
      paths[route.pattern] = .object(path)
    }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "Anomalyze", "version": .string(version),
        "description":
          "Anomaly detection in series and transactions. Errors carry a code in upper snake case.",
      ],
      "paths": .object(paths),
      "components": [
        "schemas": [
          "Error": OpenAPISchemas.error, "InferenceError": OpenAPISchemas.inferenceError,
        ],
        "securitySchemes": ["bearer": ["type": "http", "scheme": "bearer"]],
      ],
    ]
  }

  private func operation(_ route: Route) -> JSONValue {
    let details = RouteDetails.table["\(route.method) \(route.pattern)"] ?? RouteDetails()
    let names = route.pattern.split(separator: "/").filter { $0.hasPrefix("{") }
    var parameters = names.map { name -> JSONValue in
      let name = String(name.dropFirst().dropLast())
      return [
        "name": .string(name), "in": "path", "required": true,
        "schema": OpenAPISchemas.placeholder(name),
      ]
    }
    parameters += details.query.map { name, schema in
      [
        "name": .string(name), "in": "query", "required": .bool(details.required == name),
        "schema": schema,
      ]
    }
    var operation: JSONObject = [
      "operationId": .string(OpenAPIDocument.identifier(route)),
      "summary": .string(route.summary),
      "responses": responses(route, details),
    ]
    if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
    if route.access != .open { operation["security"] = [[:], ["bearer": []]] }
    if let request = details.request {
      var media = JSONObject()
      for type in details.requestTypes { media[type] = type == "application/json" ? request : [:] }
      operation["requestBody"] = ["required": true, "content": .object(media)]
    }
    return .object(operation)
  }

  private func responses(_ route: Route, _ details: RouteDetails) -> JSONValue {
    var media = JSONObject()
    for type in details.answerTypes {
      media[type] =
        type == "application/json" ? details.answer ?? ["schema": ["type": "object"]] : [:]
    }
    let error = route.pattern.hasPrefix("/v2/models") ? "InferenceError" : "Error"
    var success: JSONObject = [
      "description": .string(details.status == "204" ? "Done." : "The answer.")
    ]
    if details.status != "204" { success["content"] = .object(media) }
    var responses: JSONObject = [
      details.status: .object(success),
      "default": [
        "description": "What went wrong.",
        "content": [
          "application/json": ["schema": ["$ref": .string("#/components/schemas/\(error)")]]
        ],
      ],
    ]
    // What these routes answer when something is amiss describes the state, not a failure of the request.
    for status in details.otherStatuses {
      responses[status] = [
        "description": "The same, when something is amiss.", "content": .object(media),
      ]
    }
    return .object(responses)
  }

  /// `post_fit_series_id` for `POST /fit/{series_id}`.
  private static func identifier(_ route: Route) -> String {
    let words = route.pattern.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
    return ([route.method.lowercased()[...]] + words).joined(separator: "_")
  }
}

/// Schemas that several routes share.
enum OpenAPISchemas {
  static let error: JSONValue = [
    "type": "object", "required": ["error"],
    "properties": [
      "error": [
        "type": "object", "required": ["code", "message"],
        "properties": [
          "code": ["type": "string", "pattern": "^[A-Z0-9_]+$"], "message": ["type": "string"],
          "details": ["type": "object"],
        ],
      ]
    ],
  ]

  static let inferenceError: JSONValue = [
    "type": "object", "required": ["error"],
    "properties": ["error": ["anyOf": [["type": "string"], ["type": "object"]]]],
  ]

  static let timestamp: JSONValue = [
    "description": "Unix seconds, as a number or text, or RFC 3339 text.",
    "anyOf": [["type": "integer"], ["type": "number"], ["type": "string"]],
  ]

  static let points: JSONObject = [
    "timestamps": ["type": "array", "items": timestamp, "maxItems": 1_000_000],
    "values": ["type": "array", "items": ["type": "number"], "maxItems": 1_000_000],
  ]

  static func placeholder(_ name: String) -> JSONValue {
    switch name {
    case "series_id": ["type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"]
    case "version": ["type": "string", "pattern": "^v?[1-9][0-9]*$"]
    default: ["type": "string"]
    }
  }

  /// A media type object of a schema and an example.
  static func media(_ properties: JSONObject, required: [String], example: JSONValue) -> JSONValue {
    [
      "schema": [
        "type": "object", "required": .array(required.map { .string($0) }),
        "properties": .object(properties),
      ],
      "example": example,
    ]
  }

  /// A media type object of an example alone.
  static func example(_ value: JSONValue) -> JSONValue {
    ["schema": ["type": .string(value.arrayValue == nil ? "object" : "array")], "example": value]
  }
}
