public import Evaluation
public import Features
internal import Files
public import Ingestion
public import JSON
public import Transactions
internal import YAML

/// What `anomalyze.yaml` says: where data comes from, which features and models are made of it, and how they are judged.
public struct LabConfiguration: Sendable {
  /// One model: a name and the detectors that compete for it.
  public struct Model: Sendable {
    /// Name in the registry.
    public let name: String
    /// The columns that the model has for itself; `nil` for those of the configuration.
    public var features: FeatureSpecification?
    /// The gates that the model has for itself; `nil` for those of the configuration.
    public var promotion: JSONValue?
    /// The part of all transactions that the model is of; `nil` for all.
    public var segment: RowSegment?
    /// The detectors to train, each with its parameters; a version of the model is made of each.
    public let detectors: [DetectorConfiguration]

    /// A name of each detector: its kind, numbered from the second of a kind on.
    public var detectorNames: [String] {
      detectors.indices.map { index in
        let kind = detectors[index].kind
        let earlier = detectors[..<index].count { $0.kind == kind }
        return earlier == 0 ? kind : "\(kind)-\(earlier + 1)"
      }
    }
  }

  /// How models are judged.
  public struct Evaluation: Equatable, Sendable {
    /// Length of the training period that ends before the label delay.
    public let training: TimeSpan
    /// How many rows of the training period train at most; of more, a sample does that depends on their identifiers alone.
    public let trainingRowLimit: Int
    /// How late labels arrive: the gap between training and test.
    public let delay: TimeSpan
    /// Length of the period that chooses among detectors and sets thresholds; 0 for none.
    public internal(set) var validation: TimeSpan
    /// Length of the test period at the end of the snapshot.
    public internal(set) var test: TimeSpan
    /// Whether test rows of entities already known to be compromised are left out.
    public let dropsKnownCompromised: Bool
    /// Whether an entity of the test period that trained already is an error.
    public let refusesKnownEntities: Bool
    /// How many entities a day the fraud team can look at.
    public let alertsPerDay: Int
    /// The share of rows that a threshold by contamination flags.
    public let contamination: Double
    /// The precision that a threshold by precision keeps.
    public let targetPrecision: Double
    /// What an alert costs.
    public let costPerAlert: Double
    /// What a fraud that nobody sees costs.
    public let costPerMissedFraud: Double
    /// Where the intervals of reports come from.
    public var intervals = EvaluationSettings.Intervals.bootstrap

    /// How a command asks for these intervals; empty for the default.
    public var intervalsArgument: String {
      intervals == .bootstrap ? "" : " --intervals \(intervals.rawValue)"
    }
  }

  /// The same, with intervals of another kind in reports.
  public func reporting(_ intervals: EvaluationSettings.Intervals) -> LabConfiguration {
    var configuration = self
    configuration.evaluation.intervals = intervals
    return configuration
  }

  /// Where transactions come from; a path, `sqlite:…`, `postgresql://…` or `csv:…`.
  public let source: String
  /// What of a PostgreSQL database is pulled.
  public let pull: PostgreSQLSource
  /// Folder of the snapshots.
  public let snapshotsFolder: String
  /// Root of the registry.
  public internal(set) var registryFolder: String
  /// Folder of the reports that belong to no version.
  public internal(set) var reportsFolder: String
  /// What a snapshot must hold before anything is trained on it.
  public let validation: [Expectation]
  /// The columns of the models.
  public internal(set) var features: FeatureSpecification
  /// What the server judges besides the score.
  public internal(set) var rules: RuleSet
  /// The models to make.
  public let models: [Model]
  /// How they are judged.
  public internal(set) var evaluation: Evaluation
  /// The gates of promotion, as the promotion layer reads them.
  public internal(set) var promotion: JSONValue
  /// The part of all transactions that is at work; that of a model, `nil` for all.
  var segment: RowSegment?
  /// Whose signature versions carry; `nil` when nobody signs.
  public let signatures: SignaturePolicy?
  /// What unattended runs may use, and whom they tell.
  public internal(set) var job: JobConfiguration
  /// Who works on shards of the rows; this process alone when `nil`.
  public var engine: EngineConfiguration?

  /// Reads the configuration at `path`; relative paths in it start from the file's folder.
  ///
  /// - Throws: `ConfigurationError` with file, line, key and what is allowed.
  public init(contentsOf path: String) throws(ConfigurationError) {
    let bytes: [UInt8]
    do {
      bytes = try FileSystem.read(path)
    } catch {
      throw ConfigurationError(
        "\(error); name another file with --config, or start from the anomalyze.yaml of the repository"
      )
    }
    let document: YAMLDocument
    do {
      document = try YAMLDocument(parsing: bytes, file: path)
    } catch {
      throw ConfigurationError(error.description)
    }
    let reader = ConfigurationReader(document: document)
    try reader.checkKeys(at: "")
    let folder =
      path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
    func located(_ relative: String) -> String {
      relative.hasPrefix("/") || folder == "." ? relative : "\(folder)/\(relative)"
    }
    source = try reader.text("source")
    snapshotsFolder = located(try reader.text("snapshots"))
    reportsFolder = located(try reader.text("reports"))
    registryFolder = located(try reader.text("registry"))
    do {
      pull = try document.json["pull"].map { try PostgreSQLSource($0) } ?? PostgreSQLSource()
    } catch {
      throw ConfigurationError(document.error(at: "pull", "\(error)").description)
    }
    do {
      validation =
        try document.json["validation"].map { try Expectation.list($0) }
        ?? Expectation.standard
    } catch {
      throw ConfigurationError(document.error(at: "validation", "\(error)").description)
    }
    do {
      features = try FeatureSpecification(document.json["features"] ?? .null)
    } catch {
      throw ConfigurationError(document.error(at: "features", "\(error)").description)
    }
    do {
      rules = try document.json["rules"].map { try RuleSet($0) } ?? RuleSet()
    } catch {
      throw ConfigurationError(document.error(at: "rules", "\(error)").description)
    }
    models = try reader.models()
    evaluation = try reader.evaluation()
    promotion = document.json["promotion"] ?? [:]
    signatures = try reader.signatures(located)
    job = try reader.job(located)
    engine = try reader.engine(located)
  }
}

/// A configuration that cannot be used; the message names file, line and key.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
  /// What is wrong and what is allowed.
  public let description: String

  /// Makes an error of the given message.
  public init(_ description: String) { self.description = description }
}

extension LabConfiguration {
  /// The configuration with what `model` has for itself.
  func scoped(to model: Model) -> LabConfiguration {
    var scoped = self
    scoped.features = model.features ?? features
    scoped.promotion = model.promotion ?? promotion
    scoped.segment = model.segment
    return scoped
  }

  /// The configuration with what the model called `name` has for itself, when it is one of the configuration.
  func scoped(toModelNamed name: String) -> LabConfiguration {
    models.first { $0.name == name }.map { scoped(to: $0) } ?? self
  }

  /// The model of the given name, or all without one.
  ///
  /// - Throws: `PipelineError.unknownModel`.
  public func models(named name: String?) throws(PipelineError) -> [Model] {
    guard let name else { return models }
    guard let model = models.first(where: { $0.name == name }) else {
      throw .unknownModel(name, known: models.map(\.name))
    }
    return [model]
  }
}
