public import Ingestion

extension SnapshotCollection {
  /// Opens the snapshot whose digest starts with `name`, or the newest without one.
  ///
  /// - Throws: `IngestionError.unknownSnapshot`; `PipelineError.noSnapshot` when there is none at all.
  public func open(_ name: String?) throws -> Snapshot {
    if let name { return try snapshot(named: name) }
    guard let newest = try latest() else { throw PipelineError.noSnapshot(folder: root) }
    return newest
  }
}
