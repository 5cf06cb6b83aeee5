public import Ingestion
public import Transactions

extension TransactionStore where Self: ~Copyable {
  /// All selected rows as values, in the order in which the store lends them.
  public func rows(_ selection: TransactionSelection = .all) throws -> [LabelledTransaction] {
    var rows: [LabelledTransaction] = []
    try forEachBatch(of: selection) { batch in
      precondition(batch.count <= selection.rowsPerBatch, "a batch is too large")
      rows += TransactionExamples.rows(batch)
    }
    return rows
  }
}
