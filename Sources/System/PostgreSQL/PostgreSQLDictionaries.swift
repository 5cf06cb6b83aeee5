/// The distinct texts of the dictionary columns of a stream of rows, kept from batch to batch and from query to query.
///
/// Codes of one generation mean the same in every batch, so a text is made and compared once however often it comes. A
/// column whose texts hardly repeat begins a new generation before they fill the memory.
public struct PostgreSQLDictionaries: Sendable {
  /// One column's texts.
  struct Texts: Sendable {
    var interning = TextInterning()
    var dictionary: [String] = []
    var generation = 0

    /// The code of a text, which is kept when it is new.
    mutating func code(
      of text: UnsafeRawBufferPointer
    ) throws(CopyDecoder.Unreadable) -> Int32 {
      let (code, isNew) = unsafe interning.code(of: text)
      if isNew { dictionary.append(try unsafe CopyDecoder.validated(text)) }
      return code
    }
  }

  /// More distinct texts than this, or longer ones in all, are forgotten between two batches.
  private static let textLimit = 1 << 18
  private static let byteLimit = 1 << 24

  var columns: [Texts] = []

  /// Starts without texts.
  public init() {}

  /// Makes room for the columns of a query; texts stay when their number is the same.
  mutating func prepare(columnCount: Int) {
    guard columns.count != columnCount else { return }
    columns = Array(repeating: Texts(), count: columnCount)
  }

  /// Forgets the texts of columns that have too many.
  mutating func trim() {
    for index in columns.indices {
      let texts = columns[index].interning
      guard texts.count > Self.textLimit || texts.longByteCount > Self.byteLimit else { continue }
      columns[index] = Texts(generation: columns[index].generation + 1)
    }
  }
}
