/// Which column of a CSV file holds which field of a transaction.
///
/// A field that the mapping does not name is looked for under its own name and the usual other ones, in any case.
public struct CSVColumnMapping: Equatable, Sendable {
  /// The fields of a transaction and its label, by the names used in mappings and headers.
  public enum Field: String, CaseIterable, Sendable {
    case id = "tx_id"
    case time
    case userID = "user_id"
    case amount
    case currency
    case merchantID = "merchant_id"
    case merchantCategory = "merchant_category"
    case terminalID = "terminal_id"
    case deviceID = "device_id"
    case channel
    case location
    case latitude
    case longitude
    case isFraud = "is_fraud"
    case scenario
    case labelledAt = "labelled_at"

    /// Every transaction has these.
    static let required: [Field] = [.id, .time, .userID, .amount]

    var commonNames: [String] {
      switch self {
      case .id: ["transaction_id", "id"]
      case .time: ["timestamp", "occurred_at", "tx_datetime", "datetime", "created_at"]
      case .userID: ["customer_id", "card_id", "account_id", "cc_num"]
      case .amount: ["tx_amount", "amt"]
      case .merchantCategory: ["category"]
      case .isFraud: ["tx_fraud", "fraud", "label"]
      case .scenario: ["tx_fraud_scenario", "fraud_scenario"]
      case .labelledAt: ["label_time"]
      case .latitude: ["lat"]
      case .longitude: ["long", "lon"]
      default: []
      }
    }
  }

  private var columns: [Field: String] = [:]

  /// The mapping that finds every field by its name.
  public init() {}

  /// Reads `field=column,field=column`.
  ///
  /// - Throws: `CSVError.malformedMapping` or `.unknownField`.
  public init(parsing text: String) throws(CSVError) {
    for part in text.split(separator: ",") {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
        throw .malformedMapping(text)
      }
      guard let field = Field(rawValue: String(sides[0])) else {
        throw .unknownField(String(sides[0]), known: Field.allCases.map(\.rawValue))
      }
      columns[field] = String(sides[1])
    }
  }

  /// The index of each field's column in `header`.
  func indices(in header: [String], path: String) throws(CSVError) -> [Field: Int] {
    var indices: [Field: Int] = [:]
    let lowercased = header.map { $0.lowercased() }
    for field in Field.allCases {
      if let column = columns[field] {
        guard let index = header.firstIndex(of: column) else {
          throw .unknownColumn(column, path: path, columns: header)
        }
        indices[field] = index
      } else {
        let names = [field.rawValue] + field.commonNames
        indices[field] = names.lazy.compactMap { lowercased.firstIndex(of: $0) }.first
      }
    }
    for field in Field.required where indices[field] == nil {
      throw .missingField(field.rawValue, path: path, columns: header)
    }
    return indices
  }
}
