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
      "info": ["title": "Anomalyze", "version": .string(version)],
      "paths": .object(paths),
      "components": ["schemas": ["Error": OpenAPIDocument.errorSchema]],
    ]
  }

  private func operation(_ route: Route) -> JSONValue {
    let placeholders = route.pattern.split(separator: "/").filter { $0.hasPrefix("{") }
    var operation: JSONObject = [
      "operationId": .string(OpenAPIDocument.identifier(route)),
      "summary": .string(route.summary),
    ]
    if !placeholders.isEmpty {
      operation["parameters"] = .array(
        placeholders.map { name in
          [
            "name": .string(String(name.dropFirst().dropLast())), "in": "path", "required": true,
            "schema": ["type": "string"],
          ]
        })
    }
    operation["responses"] = [
      "2XX": ["description": "The answer."],
      "default": [
        "description": "What went wrong.",
        "content": [
          "application/json": ["schema": ["$ref": "#/components/schemas/Error"]]
        ],
      ],
    ]
    return .object(operation)
  }

  /// `post_fit_series_id` for `POST /fit/{series_id}`.
  private static func identifier(_ route: Route) -> String {
    let words = route.pattern.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
    return ([route.method.lowercased()[...]] + words).joined(separator: "_")
  }

  private static let errorSchema: JSONValue = [
    "type": "object", "required": ["error"],
    "properties": [
      "error": [
        "type": "object", "required": ["code", "message"],
        "properties": [
          "code": ["type": "string"], "message": ["type": "string"],
          "details": ["type": "object"],
        ],
      ]
    ],
  ]
}
