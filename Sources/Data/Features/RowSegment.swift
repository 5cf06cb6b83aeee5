public import JSON
public import Transactions

/// A part of all transactions: those whose text columns have certain values, such as `{channel: [online]}`.
///
/// A model of a segment trains and is judged on its rows alone; the features of these rows still see the whole history.
public struct RowSegment: Equatable, Sendable {
  /// The values that each column may have; a row that misses one of the columns is not part of the segment.
  public let values: [FeatureColumn: Set<String>]

  /// Reads columns with a text or a list of texts each.
  ///
  /// - Throws: `FeatureError.invalidSetting` with the key.
  public init(_ json: JSONValue, path: String = "segment") throws(FeatureError) {
    guard let object = json.objectValue, !object.keys.isEmpty else {
      throw .invalidSetting(path: path, reason: "expected columns with the values of the segment")
    }
    var values: [FeatureColumn: Set<String>] = [:]
    for (key, value) in object.members {
      guard let column = FeatureColumn(rawValue: key) else {
        let known = FeatureColumn.allCases.map(\.rawValue).joined(separator: ", ")
        throw .invalidSetting(path: "\(path).\(key)", reason: "is not one of \(known)")
      }
      let texts = value.stringValue.map { [$0] } ?? value.arrayValue?.compactMap(\.stringValue)
      guard let texts, !texts.isEmpty, texts.count == value.arrayValue?.count ?? 1 else {
        throw .invalidSetting(path: "\(path).\(key)", reason: "expected a text or a list of texts")
      }
      values[column] = Set(texts)
    }
    self.values = values
  }

  /// Columns and values in a fixed order.
  public var json: JSONValue {
    var object: JSONObject = [:]
    for column in FeatureColumn.allCases {
      object[column.rawValue] = values[column].map { .array($0.sorted().map { .string($0) }) }
    }
    return .object(object)
  }

  /// Which rows of `batch` belong to the segment.
  public func membership(in batch: TransactionBatch) -> [Bool] {
    var isMember = [Bool](repeating: true, count: batch.count)
    for (name, wanted) in values {
      let column = name.column(of: batch)
      let isWanted = column.dictionary.map { wanted.contains($0) }
      for row in isMember.indices {
        let code = Int(column.codes[row])
        if code < 0 || !isWanted[code] { isMember[row] = false }
      }
    }
    return isMember
  }
}
