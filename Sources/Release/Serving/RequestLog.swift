public import HTTP
internal import JSON
internal import Synchronization

/// A line for each request, or for a sample of them and every failure: route, status, time and sizes, and nothing that a
/// client sent but the request's identifier.
public final class RequestLog: Sendable {
  /// How a line looks.
  public enum Form: String, CaseIterable, Sendable {
    /// `key=value` pairs.
    case logfmt
    /// A JSON object.
    case json
  }

  private let form: Form
  private let interval: Int
  private let routes: [Route]
  private let timestamp: @Sendable () -> String
  private let write: @Sendable (String) -> Void
  private let count = Atomic(0)

  /// Makes a log.
  ///
  /// - Parameters:
  ///   - form: How a line is written.
  ///   - interval: One request of so many is written; server errors always are.
  ///   - routes: The routes whose names appear in lines.
  ///   - timestamp: The clock, as text.
  ///   - write: Takes a line without its end.
  public init(
    _ form: Form, everyNth interval: Int, routes: [Route],
    timestamp: @escaping @Sendable () -> String, write: @escaping @Sendable (String) -> Void
  ) {
    self.form = form
    self.interval = max(1, interval)
    self.routes = routes
    self.timestamp = timestamp
    self.write = write
  }

  /// Writes a line about a request when its turn has come.
  public func record(_ exchange: borrowing ExchangeRecord) {
    let number = count.wrappingAdd(1, ordering: .relaxed).oldValue
    guard number.isMultiple(of: interval) || exchange.status >= 500 else { return }
    var fields: [(key: String, value: JSONValue)] = [
      ("time", .string(timestamp())), ("method", .string(exchange.method)),
      ("route", .string(exchange.routeIndex.map { routes[$0].pattern } ?? "none")),
      ("status", .integer(Int64(exchange.status))),
      ("seconds", .number(Double(exchange.nanoseconds) / 1e9)),
      ("bytes_in", .integer(Int64(exchange.receivedByteCount))),
      ("bytes_out", .integer(Int64(exchange.sentByteCount))),
      ("request_id", .string(exchange.requestID)),
    ]
    if let code = exchange.failureCode { fields.append(("code", .string(code))) }
    if let principal = exchange.principal { fields.append(("principal", .string(principal))) }
    switch form {
    case .json: write(JSONValue.object(JSONObject(fields)).text())
    case .logfmt:
      write(fields.map { "\($0.key)=\(RequestLog.word($0.value))" }.joined(separator: " "))
    }
  }

  /// A value of logfmt: quoted when it holds anything but plain characters.
  private static func word(_ value: JSONValue) -> String {
    guard case .string(let text) = value else { return value.text() }
    let isPlain =
      !text.isEmpty && text.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != 34 && $0 != 61 }
    return isPlain ? text : value.text()
  }
}
