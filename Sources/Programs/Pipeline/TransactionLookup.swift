public import Features
public import Ingestion
internal import Transactions

/// Finds one transaction in a snapshot and the features it had at its moment.
public enum TransactionLookup {
  /// The row of features of the transaction `id`, from the histories as they were then.
  ///
  /// - Throws: `PipelineError.unknownTransaction`, and what reading the snapshot throws.
  public static func features(
    of id: String, in snapshot: Snapshot, by engine: FeatureEngine
  ) throws -> [Double] {
    var engine = engine
    for index in snapshot.manifest.parts.indices {
      let batch = try snapshot.batch(at: index)
      let row = batch.ids.firstIndex(of: id)
      // Only rows of that very moment are computed; all others move the state.
      let moment = row.map { batch.times[$0] } ?? snapshot.manifest.firstTime.microseconds
      let last = row == nil ? moment : moment + 1
      var values: [Double] = []
      try engine.process(
        batch,
        within: Timestamp(microseconds: moment)..<Timestamp(microseconds: last),
        appendingTo: &values)
      guard let row else { continue }
      let before = batch.times[..<row].count { $0 == moment }
      let count = engine.specification.names.count
      return Array(values[before * count..<(before + 1) * count])
    }
    throw PipelineError.unknownTransaction(id: id, snapshot: snapshot.manifest.digest)
  }
}
