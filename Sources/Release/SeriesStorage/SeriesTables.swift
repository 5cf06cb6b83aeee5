internal import Files
internal import JSON
internal import Models
internal import Transactions

/// The tables of a series store on one connection; SQLite and PostgreSQL keep the same contract.
///
/// An instance belongs to one thread at a time.
protocol SeriesTables: AnyObject {
  /// The current version of each series, or of one.
  func entries(of id: String?) throws -> [StoredEntry]
  /// Reads a version.
  ///
  /// - Throws: `SeriesStoreError.versionNotFound` or `.damaged`, or the database's error.
  func version(_ number: Int, of id: String) throws -> SeriesVersion
  /// The encoded points of a version: those of its fit, then those it learned, in order; empty when there is no such version.
  func pieces(of number: Int, series id: String) throws -> [[UInt8]]

  func begin() throws
  func commit() throws
  func rollBack()

  /// Adds a version, which becomes the current one, with its points.
  func insert(_ version: SeriesVersion, points: [UInt8], to id: String) throws
  /// Writes a version over the one of the same number, which has learned points.
  func replace(_ version: SeriesVersion, learned points: [UInt8], of id: String) throws
  /// Marks a series as deleted and notes that in the audit.
  func delete(_ id: String, at moment: Timestamp, version: Int) throws
}

/// What the tables say about the current version of a series.
struct StoredEntry: Sendable {
  let id: String
  let number: Int
  let digest: [UInt8]
  let isDeleted: Bool

  var entry: SeriesStore.Entry {
    SeriesStore.Entry(number: number, digest: digest, isDeleted: isDeleted)
  }
}

extension SeriesTables {
  /// The points of a version, those that it learned after its fit included.
  ///
  /// - Throws: `SeriesStoreError.versionNotFound` or `.damaged`, or the database's error.
  func points(of number: Int, series id: String) throws -> SeriesPoints {
    let pieces = try pieces(of: number, series: id)
    guard !pieces.isEmpty else {
      throw SeriesStoreError.versionNotFound(label: SeriesVersion.label(number))
    }
    var all = SeriesPoints(timestamps: [], values: [])
    for piece in pieces {
      guard let points = SeriesPoints(encoded: piece) else {
        throw SeriesStoreError.damaged(reason: "stored points are cut")
      }
      all.timestamps += points.timestamps
      all.values += points.values
    }
    return all
  }
}

extension SeriesVersion {
  /// Restores a version from its row.
  convenience init(
    _ number: Int, model: String, fittedAt: Int64, digest: [UInt8]
  ) throws(SeriesStoreError) {
    let restored: ThreeSigmaModel
    do {
      restored = try ThreeSigmaModel(JSONValue(parsing: model))
    } catch {
      throw .damaged(reason: "\(error)")
    }
    self.init(
      number: number, model: restored, fittedAt: Timestamp(microseconds: fittedAt), digest: digest)
  }
}
