public import Models
internal import SQLite

/// Why the series store could not do what it was asked.
public enum SeriesStoreError: Error, Equatable, CustomStringConvertible {
  /// There is no series of that name, or it was deleted.
  case seriesNotFound
  /// The series has no such version.
  case versionNotFound(label: String)
  /// Points cannot be learned.
  case refused(ThreeSigmaError)
  /// The database cannot be read or written now; nothing was acknowledged.
  case unavailable(reason: String)
  /// What is stored cannot be read back.
  case damaged(reason: String)

  init(_ error: any Error) {
    switch error {
    case let error as SeriesStoreError: self = error
    case let error as ThreeSigmaError: self = .refused(error)
    case let error as SQLiteError: self = .unavailable(reason: error.description)
    default: self = .unavailable(reason: "\(error)")
    }
  }

  public var description: String {
    switch self {
    case .seriesNotFound: "there is no such series; fit it first with POST /fit/{series_id}"
    case .versionNotFound(let label):
      "the series has no version \(label); GET /series/{series_id} lists its versions"
    case .refused(let error): error.description
    case .unavailable(let reason): "the series store is unavailable: \(reason)"
    case .damaged(let reason): "the series store is damaged: \(reason)"
    }
  }
}
