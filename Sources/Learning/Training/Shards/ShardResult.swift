public import Files

/// What a worker finds in one part of the rows, small, and joined with what others find in any order and grouping.
public protocol ShardResult: Equatable, Sendable {
  /// The name of the kind in files.
  static var kind: String { get }

  /// Adds what was found elsewhere; associative and commutative.
  ///
  /// - Throws: `ShardResultError.differentParameters` when the two answer different questions.
  mutating func merge(_ other: Self) throws(ShardResultError)

  /// The result as arrays, in one canonical form: equal results have equal arrays.
  var tensors: [Tensor] { get }

  /// Restores what `tensors` wrote.
  ///
  /// - Throws: `ShardResultError.malformed`.
  init(_ archive: SafetensorsArchive) throws(ShardResultError)
}

/// Why results of shards cannot be read or joined.
public enum ShardResultError: Error, Equatable, CustomStringConvertible {
  /// The file is no result, or was cut or altered.
  case malformed(reason: String)
  /// The results are of different kinds.
  case differentKinds(String, String)
  /// The results come from different versions of the program.
  case differentWorkers(expected: String, actual: String)
  /// The results answer different questions.
  case differentParameters(expected: String, actual: String)
  /// A shard is in both results, so its rows would count twice.
  case repeatedShard(String)

  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .malformed(let reason): "not a result of a shard: \(reason); run its worker again"
    case .differentKinds(let first, let second):
      "a result of kind \(first) cannot be joined with one of kind \(second)"
    case .differentWorkers(let expected, let actual):
      "a result of worker version \(actual) where \(expected) is needed; install one version on all machines"
    case .differentParameters(let expected, let actual):
      "a result for other parameters (\(actual.prefix(12))) than asked for (\(expected.prefix(12)))"
    case .repeatedShard(let name): "shard \(name) is in both results; its rows would count twice"
    }
  }
}

/// A result with what it belongs to: the worker's version, the parameters, and the shards whose rows it covers.
///
/// Stored as a safetensors archive of format `anomalyze-shard-result/1`. Its metadata holds the stamp and the SHA-256 of the
/// archive without that checksum, so a cut or altered byte is found wherever it is.
public struct StampedResult<Result: ShardResult>: Equatable, Sendable {
  /// Version of the program that made the result.
  public let worker: String
  /// Digest of everything that was asked for besides the rows.
  public let parameters: String
  /// Names of the shards, ascending.
  public private(set) var shards: [String]
  /// What was found.
  public private(set) var result: Result

  /// Stamps the result of one shard.
  public init(_ result: Result, worker: String, parameters: String, shard: String) {
    self.result = result
    self.worker = worker
    self.parameters = parameters
    shards = [shard]
  }

  /// Adds the result of other shards.
  ///
  /// - Throws: `ShardResultError` when worker or parameters differ, or a shard is in both.
  public mutating func merge(_ other: StampedResult) throws(ShardResultError) {
    guard worker == other.worker else {
      throw .differentWorkers(expected: worker, actual: other.worker)
    }
    guard parameters == other.parameters else {
      throw .differentParameters(expected: parameters, actual: other.parameters)
    }
    let own = Set(shards)
    if let repeated = other.shards.first(where: { own.contains($0) }) {
      throw .repeatedShard(repeated)
    }
    try result.merge(other.result)
    shards = (shards + other.shards).sorted()
  }

  /// The bytes of the file.
  public func encoded() -> [UInt8] {
    var archive = SafetensorsArchive(
      metadata: [
        "format": ShardResultFile.format, "kind": Result.kind, "worker": worker,
        "parameters": parameters, "shards": shards.joined(separator: "\n"),
      ], tensors: result.tensors)
    archive.metadata["checksum"] = SHA256.digest(of: archive.encoded()).hexadecimal
    return archive.encoded()
  }

  /// Reads what `encoded` wrote.
  ///
  /// - Throws: `ShardResultError`
  public init(_ file: ShardResultFile) throws(ShardResultError) {
    guard file.kind == Result.kind else { throw .differentKinds(Result.kind, file.kind) }
    worker = file.worker
    parameters = file.parameters
    shards = file.shards
    result = try Result(file.archive)
  }
}

/// A file of a result whose kind is not known yet.
public struct ShardResultFile: Sendable {
  static let format = "anomalyze-shard-result/1"

  /// The name of the kind.
  public let kind: String
  /// Version of the program that made it.
  public let worker: String
  /// Digest of what was asked for.
  public let parameters: String
  /// Names of the shards, ascending.
  public let shards: [String]
  let archive: SafetensorsArchive

  /// Reads the stamp of `bytes` and compares the checksum.
  ///
  /// - Throws: `ShardResultError.malformed`
  public init(decoding bytes: [UInt8]) throws(ShardResultError) {
    var archive: SafetensorsArchive
    do throws(SafetensorsError) {
      archive = try SafetensorsArchive(decoding: bytes)
    } catch {
      throw .malformed(reason: "\(error)")
    }
    guard archive.metadata["format"] == Self.format, let kind = archive.metadata["kind"],
      let worker = archive.metadata["worker"], let parameters = archive.metadata["parameters"],
      let shards = archive.metadata["shards"]?.split(separator: "\n").map(String.init),
      let checksum = archive.metadata.removeValue(forKey: "checksum")
    else { throw .malformed(reason: "its metadata is not of the format \(Self.format)") }
    guard SHA256.digest(of: archive.encoded()).hexadecimal == checksum else {
      throw .malformed(reason: "its checksum does not fit")
    }
    self.kind = kind
    self.worker = worker
    self.parameters = parameters
    self.shards = shards
    self.archive = archive
  }
}

extension SafetensorsArchive {
  func integers(_ name: String) throws(ShardResultError) -> [Int64] {
    guard case .int64(let values)? = self[name]?.elements else {
      throw .malformed(reason: "it has no integers \(name)")
    }
    return values
  }

  func doubles(_ name: String) throws(ShardResultError) -> [Double] {
    guard case .float64(let values)? = self[name]?.elements else {
      throw .malformed(reason: "it has no numbers \(name)")
    }
    return values
  }

  func bytes(_ name: String) throws(ShardResultError) -> [UInt8] {
    guard case .uint8(let values)? = self[name]?.elements else {
      throw .malformed(reason: "it has no bytes \(name)")
    }
    return values
  }
}
