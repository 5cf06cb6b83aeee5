/// A column of optional texts, each distinct text stored once.
public struct TextColumn: Equatable, Sendable {
  /// The distinct texts in order of first appearance.
  public private(set) var dictionary: [String] = []
  /// Per row the index of its text in `dictionary`, or −1 when the row has none.
  public private(set) var codes: [Int32] = []
  private var codeOfText: [String: Int32] = [:]

  /// Makes a column without rows.
  public init() {}

  /// Makes a column from stored codes and their texts.
  ///
  /// - Precondition: every code is −1 or an index of `dictionary`.
  public init(codes: [Int32], dictionary: [String]) {
    precondition(
      codes.allSatisfy { $0 >= -1 && Int($0) < dictionary.count }, "a code without a text")
    self.codes = codes
    self.dictionary = dictionary
  }

  /// How many rows there are.
  public var count: Int { codes.count }

  /// The text of `row`, or `nil`.
  public subscript(row: Int) -> String? {
    let code = codes[row]
    return code < 0 ? nil : dictionary[Int(code)]
  }

  /// Adds a row at the end.
  public mutating func append(_ text: String?) {
    guard let text else {
      codes.append(-1)
      return
    }
    if codeOfText.isEmpty && !dictionary.isEmpty {
      for (code, known) in dictionary.enumerated() { codeOfText[known] = Int32(code) }
    }
    if let code = codeOfText[text] {
      codes.append(code)
    } else {
      let code = Int32(dictionary.count)
      dictionary.append(text)
      codeOfText[text] = code
      codes.append(code)
    }
  }

  public static func == (left: TextColumn, right: TextColumn) -> Bool {
    left.codes == right.codes && left.dictionary == right.dictionary
  }
}
