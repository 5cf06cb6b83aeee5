internal import Archives
internal import Arguments
internal import Compression
internal import Distribution
internal import Evaluation
internal import Exchange
internal import Features
internal import Files
internal import Ingestion
internal import Models
internal import Pipeline
internal import Promotion
internal import Registry
internal import SQLite
internal import SeriesStorage
internal import Signatures
internal import Training
internal import Transactions
internal import WebClient

/// Which line and exit code an error becomes.
enum Failure {
  static func exitCode(of error: any Error) -> ExitCode {
    switch error {
    case PromotionError.championMoved: .busy
    case is UsageError, is ConfigurationError, is GeneratorError, is PromotionError,
      is SignatureError, is ExchangeError:
      .usage
    case let error as IngestionError: exitCode(of: error)
    case let error as CSVError: exitCode(of: error)
    case let error as PipelineError: exitCode(of: error)
    case let error as RegistryError:
      switch error.kind {
      case .usage: .usage
      case .busy: .busy
      case .storage: .storage
      }
    case let error as FileError:
      if case .busy = error { .busy } else { .storage }
    case let error as EvaluationError:
      if case .plottingUnavailable = error { .usage } else { .invalidData }
    case is FeatureError, is TrainingError, ModelError.featureMismatch,
      ModelError.featureCountMismatch, ModelError.invalidValue:
      .invalidData
    case let error as DistributionError:
      switch error.kind {
      case .usage: .usage
      case .unavailable: .sourceUnavailable
      case .storage: .storage
      }
    case is WebClientError: .sourceUnavailable
    case ShardResultError.malformed: .storage
    case is ShardResultError: .usage
    case is SeriesStoreError, is ArchiveError, is ModelError, is SafetensorsError, is SQLiteError,
      is CompressionError:
      .storage
    default: .bug
    }
  }

  private static func exitCode(of error: IngestionError) -> ExitCode {
    switch error.kind {
    case .usage: .usage
    case .invalidData: .invalidData
    case .unavailableSource: .sourceUnavailable
    case .busy: .busy
    case .storage: .storage
    }
  }

  private static func exitCode(of error: CSVError) -> ExitCode {
    switch error {
    case .unreadable: .sourceUnavailable
    case .unknownField, .unknownColumn, .missingField, .malformedMapping: .usage
    case .noHeader, .noRows, .malformed, .invalidValue: .invalidData
    }
  }

  private static func exitCode(of error: PipelineError) -> ExitCode {
    switch error {
    case .noSnapshot, .unknownModel, .unknownTransaction, .notTrained: .usage
    case .emptyPeriod, .snapshotTooShort, .rowsChanged: .invalidData
    case .shardFailed(_, let code, _):
      [.usage, .invalidData, .storage].first { $0.rawValue == code } ?? .sourceUnavailable
    case .wrongWorker: .usage
    case .engineFailed: .sourceUnavailable
    case .malformedLineage, .notReproducible, .diskTooFull, .serverBehind: .storage
    case .timeBudgetSpent: .timeBudgetSpent
    }
  }

  /// One line: what, where, and what to do.
  static func message(of error: any Error) -> String {
    switch error {
    case let error as UsageError: "\(error)"
    default:
      exitCode(of: error) == .bug
        ? "a defect of the program, please report it: \(error)" : "\(error)"
    }
  }
}
