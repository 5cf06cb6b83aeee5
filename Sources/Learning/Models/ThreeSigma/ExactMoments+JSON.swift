public import JSON

extension ExactMoments {
  /// The state as JSON: `count`, `minimum`, `maximum`, and the exact sums as hexadecimal text.
  public var json: JSONValue {
    var object: JSONObject = ["count": .integer(Int64(count))]
    if count > 0 {
      object["minimum"] = .number(minimum)
      object["maximum"] = .number(maximum)
    }
    object["sum"] = .string(sum.text)
    object["sum_of_squares"] = .string(sumOfSquares.text)
    return .object(object)
  }

  /// Restores the state that `json` wrote.
  ///
  /// - Throws: `ModelError.malformed` when a member is missing or no set of numbers has these moments.
  public init(_ json: JSONValue) throws(ModelError) {
    func fail(_ reason: String) -> ModelError { .malformed(reason: "moments: \(reason)") }
    guard let count = json["count"]?.integerValue, (0...(1 << 53)).contains(count) else {
      throw fail("count is missing or out of range")
    }
    guard let sum = json["sum"]?.stringValue.flatMap({ ExactSum(parsing: $0) }),
      let squares = json["sum_of_squares"]?.stringValue.flatMap({ ExactSum(parsing: $0) })
    else { throw fail("the sums are missing or not in the exact form") }
    self.init(count: Int(count), sum: sum, sumOfSquares: squares)
    guard count > 0 else {
      guard self == ExactMoments() else { throw fail("sums without numbers") }
      return
    }
    guard let minimum = json["minimum"]?.doubleValue, let maximum = json["maximum"]?.doubleValue,
      minimum.isFinite, maximum.isFinite, minimum <= maximum
    else { throw fail("minimum and maximum are missing or not in order") }
    setExtremes(minimum: minimum, maximum: maximum)
    guard isPossible else { throw fail("no numbers have these sums and extremes") }
  }
}
