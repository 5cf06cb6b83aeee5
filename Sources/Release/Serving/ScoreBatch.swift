internal import Features
internal import HTTP
internal import JSON
internal import Models
internal import Tabular
internal import Transactions

/// Many rows on their way through a model: rows of features, or transactions whose features the state of the model gives.
struct ScoreBatch {
  /// How many rows one request may hold.
  static let rowLimit = 100_000

  /// The forms that rows come and go in.
  enum Form {
    case json, lines, csv

    init(_ request: HTTPRequest) throws(HTTPFailure) {
      let type = request.header("Content-Type") ?? "application/json"
      switch String(type.prefix { $0 != ";" && $0 != " " }).lowercased() {
      case "application/json": self = .json
      case "application/x-ndjson", "application/ndjson", "application/jsonl": self = .lines
      case "text/csv": self = .csv
      default:
        throw HTTPFailure(
          415, "UNSUPPORTED_MEDIA_TYPE",
          "send application/json (an array), application/x-ndjson (a row a line) or text/csv")
      }
    }

    var contentType: String {
      switch self {
      case .json: "application/json"
      case .lines: "application/x-ndjson"
      case .csv: "text/csv; charset=utf-8"
      }
    }
  }

  let served: ServedModel
  private let now: Timestamp
  private(set) var values: [Double] = []
  /// For each row what the rules found, where rows are transactions.
  private(set) var findings: [Int: [RuleFinding]] = [:]
  private(set) var rowCount = 0

  init(_ served: ServedModel, now: Timestamp) {
    self.served = served
    self.now = now
  }

  private var width: Int { served.featureNames.count }

  private func checkLimit() throws(HTTPFailure) {
    guard rowCount < ScoreBatch.rowLimit else {
      throw HTTPFailure(
        413, "TOO_MANY_ROWS", "one request holds at most \(ScoreBatch.rowLimit) rows")
    }
  }

  /// Reads an array of rows.
  mutating func read(json request: HTTPRequest) throws(HTTPFailure) {
    var batch = self
    try request.readJSON { (reader) throws(RequestReadingError) in
      let kind = try reader.nextKind()
      guard kind == .array else {
        throw .refused(.invalid(nil, "the content must be an array of rows, not \(kind.name)"))
      }
      try reader.reading { (reader) throws(JSONError) in try reader.beginArray() }
      while try reader.reading({ (reader) throws(JSONError) in try reader.nextElement() }) {
        try batch.readRow(&reader)
      }
    }
    self = batch
  }

  /// Reads a row a line; empty lines are passed over.
  mutating func read(lines request: HTTPRequest) throws(HTTPFailure) {
    for line in request.body.split(separator: 10) where line.contains(where: { $0 > 32 }) {
      var reader = JSONReader(Array(line))
      do throws(RequestReadingError) {
        try readRow(&reader)
        try reader.reading { (reader) throws(JSONError) in try reader.end() }
      } catch {
        throw error.failure.at(row: rowCount)
      }
    }
  }

  /// Reads a table whose header names the features of the model, or the members of transactions.
  mutating func read(csv request: HTTPRequest) throws(HTTPFailure) {
    var table = CommaSeparatedText(request.body)
    guard let header = try table.nextRecord() else { return }
    let positions = header.map { served.positions[$0] }
    let isOfFeatures = !positions.contains { $0 == nil }
    while let record = try table.nextRecord() {
      guard record.count == header.count else {
        throw HTTPFailure.invalid(nil, "a row has not as many cells as the header").at(
          row: rowCount)
      }
      if isOfFeatures {
        var row = [Double?](repeating: nil, count: width)
        for (position, cell) in zip(positions.compactMap(\.self), record) {
          guard let number = cell.isEmpty ? .nan : Double(cell) else {
            throw HTTPFailure.invalid("features", "a cell is no number").at(row: rowCount)
          }
          row[position] = number
        }
        try append(served.complete(row))
      } else {
        var event = JSONObject()
        for (name, cell) in zip(header, record) where !cell.isEmpty {
          event[name] =
            ["latitude", "longitude"].contains(name)
            ? Double(cell).map { .number($0) } : .string(cell)
        }
        try append(event)
      }
    }
  }

  private mutating func readRow(_ reader: inout JSONReader) throws(RequestReadingError) {
    let kind = try reader.nextKind()
    guard kind == .object else {
      throw .refused(.invalid(nil, "a row must be an object, not \(kind.name)").at(row: rowCount))
    }
    var event = JSONObject()
    var hasFeatures = false
    do throws(RequestReadingError) {
      try reader.reading { (reader) throws(JSONError) in try reader.beginObject() }
      while let key = try reader.reading({ (reader) throws(JSONError) in try reader.nextKey() }) {
        if key == "features" {
          guard !hasFeatures else { throw .repeated(key, reader) }
          hasFeatures = true
          try readFeatures(&reader)
        } else {
          event[key] = try reader.reading { (reader) throws(JSONError) in try reader.readValue() }
        }
      }
      if !hasFeatures {
        do throws(HTTPFailure) { try append(event) } catch { throw .refused(error) }
      }
    } catch .refused(let failure) {
      throw .refused(failure.at(row: rowCount))
    }
  }

  /// Reads `{"name": number, …}` straight into the matrix; the names usually come in the model's order.
  private mutating func readFeatures(_ reader: inout JSONReader) throws(RequestReadingError) {
    do throws(HTTPFailure) { try checkLimit() } catch { throw .refused(error) }
    let names = served.featureNames
    let start = values.count
    values.append(contentsOf: repeatElement(Double.infinity, count: names.count))
    var expected = 0
    var count = 0
    let kind = try reader.nextKind()
    guard kind == .object else {
      throw .refused(.invalid("features", "must be an object, not \(kind.name)"))
    }
    try reader.reading { (reader) throws(JSONError) in try reader.beginObject() }
    while let key = try reader.reading({ (reader) throws(JSONError) in try reader.nextKey() }) {
      let isExpected = expected < names.count && names[expected] == key
      guard let position = isExpected ? expected : served.positions[key] else {
        throw .refused(served.unknownFeature)
      }
      expected = position + 1
      guard values[start + position] == .infinity else { throw .repeated(key, reader) }
      switch try reader.nextKind() {
      case .null:
        try reader.reading { (reader) throws(JSONError) in try reader.readNull() }
        values[start + position] = .nan
      default: values[start + position] = try reader.readValue(field: "features", index: nil)
      }
      count += 1
    }
    guard count == names.count else {
      let missing = names.indices.filter { values[start + $0] == .infinity }.map { names[$0] }
      throw .refused(served.missingFeatures(missing))
    }
    rowCount += 1
  }

  private mutating func append(_ row: [Double]) throws(HTTPFailure) {
    try checkLimit()
    values += row
    rowCount += 1
  }

  private mutating func append(_ event: JSONObject) throws(HTTPFailure) {
    let assessed: TransactionFeatures
    do throws(HTTPFailure) {
      assessed = served.assess(try Transaction(event: event, now: now))
    } catch {
      throw error.at(row: rowCount)
    }
    if !assessed.findings.isEmpty { findings[rowCount] = assessed.findings }
    try append(assessed.row)
  }

  /// The answer: one line, element or record a row, in the order of the rows.
  func answer(_ form: Form, explains: Bool) throws(HTTPFailure) -> HTTPResponse {
    let scores: [Double]
    let matrix = Matrix(rowCount: rowCount, columnCount: width, values: values)
    do throws(ModelError) {
      scores = try served.model.detector.scores(of: matrix, threadCount: 1)
    } catch {
      throw HTTPFailure(422, "INVALID_FEATURES", error.description)
    }
    served.observations.add(matrix, scores: scores)
    var answer = JSONBuffer(capacity: 96 * rowCount + 64)
    if form == .json { answer.raw("[") }
    if form == .csv {
      answer.raw("anomaly_score,ml_score,ml_prediction,rule_flags\n")
    }
    for (index, score) in scores.enumerated() {
      if form == .json, index > 0 { answer.raw(",") }
      let assessment = served.model.assessment(ofScore: score)
      if form == .csv {
        writeRecord(index, assessment, to: &answer)
      } else if explains {
        answer.raw("{")
        try judgement(matrix.row(index), findings[index] ?? []).write(to: &answer)
        answer.raw("}")
      } else {
        write(index, assessment, to: &answer)
      }
      if form == .lines { answer.raw("\n") }
    }
    if form == .json { answer.raw("]") }
    var response = HTTPResponse(contentType: form.contentType, body: answer.bytes)
    response.headers.append(("X-Model-Version", served.label))
    return response
  }

  private func judgement(_ row: [Double], _ findings: [RuleFinding]) throws(HTTPFailure)
    -> Judgement
  {
    do throws(ModelError) {
      return try Judgement(of: row, findings: findings, by: served)
    } catch {
      throw HTTPFailure(422, "INVALID_FEATURES", error.description)
    }
  }

  private func write(
    _ index: Int, _ assessment: ScoringModel.Assessment, to answer: inout JSONBuffer
  ) {
    answer.raw("{\"anomaly_score\":")
    answer.number(assessment.score)
    answer.raw(",\"ml_score\":")
    answer.number(assessment.probability)
    answer.raw(
      assessment.isAnomaly ? ",\"ml_prediction\":\"ANOMALY\"" : ",\"ml_prediction\":\"NORMAL\"")
    if let found = findings[index] {
      answer.raw(",\"rule_flags\":")
      answer.value(.array(found.map { .string($0.name) }))
    }
    answer.raw("}")
  }

  private func writeRecord(
    _ index: Int, _ assessment: ScoringModel.Assessment, to answer: inout JSONBuffer
  ) {
    answer.number(assessment.score)
    answer.raw(",")
    answer.number(assessment.probability)
    answer.raw(assessment.isAnomaly ? ",ANOMALY," : ",NORMAL,")
    answer.raw(Array((findings[index] ?? []).map(\.name).joined(separator: " ").utf8))
    answer.raw("\n")
  }
}

extension HTTPFailure {
  /// The same failure with the index of the row that it is about.
  func at(row index: Int) -> HTTPFailure {
    guard details?["index"] == nil else { return self }
    var failure = self
    var details = failure.details ?? JSONObject()
    details["index"] = .integer(Int64(index))
    failure.details = details
    failure.message = "row \(index): \(failure.message)"
    return failure
  }
}
