internal import HTTP
internal import JSON
internal import Transactions

extension Transaction {
  /// Reads the event schema: `meta{timestamp,user_id,…} data{tx_id,amount,currency,…}`, or the same members in one object.
  ///
  /// - Throws: 422 naming the member that is missing or of the wrong kind, or a moment more than a day after `now`.
  init(event: JSONObject, now: Timestamp) throws(HTTPFailure) {
    let reader = EventReader(
      event: event, meta: event["meta"]?.objectValue, data: event["data"]?.objectValue)
    guard let time = reader["timestamp"] else { throw .invalid("meta.timestamp", "is missing") }
    guard let timestamp = time.timestamp else {
      throw .invalid(
        "meta.timestamp", "is neither Unix seconds nor RFC 3339 text", code: "INVALID_TIMESTAMP")
    }
    // One moment far in the future would make every history look too old.
    guard timestamp < now + .days(1) else {
      throw .invalid(
        "meta.timestamp", "lies more than a day in the future", code: "INVALID_TIMESTAMP")
    }
    guard let amount = reader["amount"] else { throw .invalid("data.amount", "is missing") }
    guard let money = Money(amount) else {
      throw .invalid(
        "data.amount", "must be a decimal number, as a number or as text", code: "INVALID_VALUE")
    }
    self.init(
      id: try reader.required("tx_id", in: "data"), time: timestamp,
      userID: try reader.required("user_id", in: "meta"), amount: money,
      currency: try reader.text("currency"), merchantID: try reader.text("merchant_id"),
      merchantCategory: try reader.text("merchant_category"),
      terminalID: try reader.text("terminal_id"), deviceID: try reader.text("device_id"),
      channel: try reader.text("channel"), location: try reader.text("location"),
      latitude: try reader.degrees("latitude", 90), longitude: try reader.degrees("longitude", 180))
  }
}

extension Money {
  /// The exact amount of a number or of decimal text.
  fileprivate init?(_ json: JSONValue) {
    switch json {
    case .integer(let whole): self.init(parsing: String(whole))
    case .number(let number): self.init(parsing: number.description)
    case .string(let text): self.init(parsing: text)
    default: return nil
    }
  }
}

/// Finds the members of an event, wherever it carries them.
private struct EventReader {
  let event: JSONObject
  let meta: JSONObject?
  let data: JSONObject?

  subscript(name: String) -> JSONValue? {
    let value = data?[name] ?? meta?[name] ?? event[name]
    return value == .null ? nil : value
  }

  func required(_ name: String, in part: String) throws(HTTPFailure) -> String {
    guard let text = try text(name), !text.isEmpty else {
      throw .invalid("\(part).\(name)", "is missing")
    }
    return text
  }

  func text(_ name: String) throws(HTTPFailure) -> String? {
    switch self[name] {
    case nil: return nil
    case .string(let text)?:
      guard text.utf8.count <= 1_024 else { throw .invalid(name, "is longer than 1024 bytes") }
      return text
    case .integer(let number)?: return String(number)
    case .some(let other): throw .invalid(name, "must be text, not \(other.kindName)")
    }
  }

  func degrees(_ name: String, _ limit: Double) throws(HTTPFailure) -> Double? {
    guard let value = self[name] else { return nil }
    guard let number = value.doubleValue, abs(number) <= limit else {
      throw .invalid(name, "must be a number of degrees within ±\(Int(limit))")
    }
    return number
  }
}
