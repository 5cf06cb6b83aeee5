internal import Compression

/// Writes transactions and labels to a CSV file that `CSVTransactionReader` reads back to the same rows.
public struct CSVTransactionWriter: ~Copyable {
  private let path: String
  private var file: GzipWriter
  private var hasHeader = false

  /// Creates or replaces the file at `path`; a name that ends in `.gz` is compressed.
  public init(path: String) throws(CSVError) {
    self.path = path
    file = try Self.open(path)
  }

  private static func open(_ path: String) throws(CSVError) -> GzipWriter {
    do {
      return try GzipWriter(path, isCompressed: path.hasSuffix(".gz"))
    } catch {
      throw .unreadable(path: path, reason: error.reason)
    }
  }

  /// Adds the rows of a batch.
  public mutating func write(_ batch: TransactionBatch) throws(CSVError) {
    var text: [UInt8] = []
    if !hasHeader {
      text += (CSVColumnMapping.Field.allCases.map(\.rawValue).joined(separator: ",") + "\n").utf8
      hasHeader = true
    }
    for row in 0..<batch.count {
      let value = batch[row]
      let transaction = value.transaction
      let cells: [String?] = [
        transaction.id, transaction.time.description, transaction.userID,
        transaction.amount.description, transaction.currency, transaction.merchantID,
        transaction.merchantCategory, transaction.terminalID, transaction.deviceID,
        transaction.channel, transaction.location, transaction.latitude?.description,
        transaction.longitude?.description, value.label.map { $0.isFraud ? "1" : "0" },
        value.label?.scenario, value.label?.knownAt.description,
      ]
      for (index, cell) in cells.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        if let cell { Self.append(cell, to: &text) }
      }
      text.append(UInt8(ascii: "\n"))
    }
    do {
      try file.write(text)
    } catch {
      throw .unreadable(path: path, reason: error.reason)
    }
  }

  /// Writes what is left and closes the file.
  public consuming func finish() throws(CSVError) {
    let path = path
    do {
      try file.finish()
    } catch {
      throw .unreadable(path: path, reason: error.reason)
    }
  }

  static func append(_ cell: String, to text: inout [UInt8]) {
    guard cell.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else {
      text += cell.utf8
      return
    }
    text.append(UInt8(ascii: "\""))
    for byte in cell.utf8 {
      if byte == UInt8(ascii: "\"") { text.append(byte) }
      text.append(byte)
    }
    text.append(UInt8(ascii: "\""))
  }
}
