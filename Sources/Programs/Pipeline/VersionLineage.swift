public import Evaluation
public import Features
internal import Files
public import Ingestion
public import JSON
public import Transactions

/// Where a version comes from: `lineage.json` in its folder, from which it can be judged and made again.
public struct VersionLineage: Equatable, Sendable {
  /// Name and version of the format.
  public static let format = "anomalyze-lineage/1"

  /// Digest of the snapshot that trained and judged.
  public let snapshotDigest: String
  /// The moment whose knowledge trained and judged; `nil` for all that the snapshot holds.
  public let asOf: Timestamp?
  /// Where the snapshot came from, without a password.
  public let source: String
  /// Periods of training and test.
  public let split: TimeSplit
  /// Whether test rows of known compromised entities were left out.
  public let dropsKnownCompromised: Bool
  /// The part of all transactions that trained and judged; `nil` for all.
  public let segment: RowSegment?
  /// The detector and every parameter.
  public let detector: JSONValue
  /// How the detectors of the run were judged: `rivals`, all of them with their parameters, and the settings `evaluation`; null for a
  /// version that is not judged beside others.
  public let judging: JSONValue
  /// Version of the program.
  public let codeVersion: String
  /// Digest of everything that determines the version; equal inputs give equal versions.
  public let inputsDigest: String

  /// Describes where a version comes from; the digest of the inputs is computed from the rest and `others`.
  public init(
    of snapshot: Snapshot, split: TimeSplit, dropsKnownCompromised: Bool, detector: JSONValue,
    segment: RowSegment? = nil, codeVersion: String, judging: JSONValue = .null,
    others: JSONValue = [:]
  ) {
    snapshotDigest = snapshot.manifest.digest
    asOf = snapshot.asOf
    source = snapshot.manifest.source
    self.split = split
    self.dropsKnownCompromised = dropsKnownCompromised
    self.detector = detector
    self.segment = segment
    self.judging = judging
    self.codeVersion = codeVersion
    var inputs: JSONObject = [
      "snapshot": .string(snapshotDigest), "split": Self.json(split),
      "drop_known_compromised": .bool(dropsKnownCompromised), "detector": detector,
      "code_version": .string(codeVersion), "judging": judging, "others": others,
    ]
    inputs["segment"] = segment?.json
    inputs["as_of"] = asOf.map { .string($0.description) }
    inputsDigest = SHA256.digest(of: JSONValue.object(inputs).bytes()).hexadecimal
  }

  private static func json(_ split: TimeSplit) -> JSONValue {
    func bounds(_ range: Range<Timestamp>) -> JSONValue {
      [.string(range.lowerBound.description), .string(range.upperBound.description)]
    }
    var object: JSONObject = [
      "training": bounds(split.training), "delay": .string(split.delay.description),
    ]
    object["validation"] = split.validation.map(bounds)
    object["test"] = bounds(split.test)
    return .object(object)
  }

  /// The document `lineage.json`.
  public var json: JSONValue {
    var object: JSONObject = [
      "format": .string(Self.format), "snapshot": .string(snapshotDigest),
      "source": .string(source), "split": Self.json(split),
      "drop_known_compromised": .bool(dropsKnownCompromised), "detector": detector,
      "judging": judging, "code_version": .string(codeVersion), "inputs": .string(inputsDigest),
    ]
    object["as_of"] = asOf.map { .string($0.description) }
    object["segment"] = segment?.json
    return .object(object)
  }

  /// Reads the lineage of the version in `folder`.
  ///
  /// - Throws: `FileError`, or `PipelineError.malformedLineage`.
  public init(ofVersionIn folder: String) throws {
    let path = folder + "/lineage.json"
    let document = try? JSONValue(parsing: FileSystem.read(path))
    func range(_ name: String) -> Range<Timestamp>? {
      let bounds = document?["split"]?[name]?.arrayValue?.compactMap(\.stringValue)
        .compactMap { Timestamp(parsing: $0) }
      guard let bounds, bounds.count == 2, bounds[0] < bounds[1] else { return nil }
      return bounds[0]..<bounds[1]
    }
    guard let document, document["format"]?.stringValue == Self.format,
      let snapshotDigest = document["snapshot"]?.stringValue,
      let training = range("training"), let test = range("test"),
      let delay = document["split"]?["delay"]?.stringValue.flatMap({ TimeSpan(parsing: $0) }),
      let drops = document["drop_known_compromised"]?.boolValue,
      let detector = document["detector"], let inputs = document["inputs"]?.stringValue
    else { throw PipelineError.malformedLineage(path: path) }
    self.snapshotDigest = snapshotDigest
    asOf = document["as_of"]?.stringValue.flatMap { Timestamp(parsing: $0) }
    source = document["source"]?.stringValue ?? ""
    split = try TimeSplit(
      training: training, delay: delay, validation: range("validation"), test: test)
    dropsKnownCompromised = drops
    self.detector = detector
    segment = try document["segment"].map { try RowSegment($0) }
    judging = document["judging"] ?? .null
    codeVersion = document["code_version"]?.stringValue ?? ""
    inputsDigest = inputs
  }
}
