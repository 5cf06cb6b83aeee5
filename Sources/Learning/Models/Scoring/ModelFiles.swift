internal import Files
internal import JSON
internal import Tabular

/// The files of a model folder: `model.json`, `model.safetensors` and, unless another program made the model, `golden.json`.
///
/// The second line of `model.json` holds the SHA-256 of every byte after it, and the member `files` that of each other
/// file, so a cut or altered byte is found wherever it is. The formats are `anomalyze-model/2` (a model over
/// transactions), `anomalyze-table-model/1` (a detector and its threshold alone) and `anomalyze-model/1`, which had no
/// checksums here and is still read.
struct ModelFiles {
  static let scoringFormat = "anomalyze-model/2"
  static let scoringFormatBefore = "anomalyze-model/1"
  static let tableFormat = "anomalyze-table-model/1"

  let folder: String
  let document: JSONValue
  let tensors: [Tensor]
  private let golden: JSONValue?

  // MARK: Writing

  /// Writes a model.
  ///
  /// - Parameters:
  ///   - members: What `model.json` holds besides the detector.
  ///   - goldenRows: Rows whose scores are stored, against which every later load is checked.
  static func write(
    _ detector: any AnomalyDetector, format: String, members: JSONObject,
    goldenRows: Matrix<Double>, to folder: borrowing StagedDirectory
  ) throws {
    let encoded = detector.encoded()
    let archive = SafetensorsArchive(
      metadata: ["format": format], tensors: encoded.tensors
    ).encoded()
    let golden = try goldenScores(of: detector, goldenRows).bytes(.indented)
    var document: JSONObject = [
      "format": .string(format), "kind": .string(type(of: detector).kind),
      "detector": .object(encoded.description),
    ]
    for (key, value) in members.members { document[key] = value }
    document["files"] = [
      "model.safetensors": .string(SHA256.digest(of: archive).hexadecimal),
      "golden.json": .string(SHA256.digest(of: golden).hexadecimal),
    ]
    try folder.write(archive, to: "model.safetensors")
    try folder.write(golden, to: "golden.json")
    try folder.write(sealed(JSONValue.object(document).bytes(.indented)), to: "model.json")
  }

  private static func goldenScores(
    of detector: any AnomalyDetector, _ rows: Matrix<Double>
  ) throws -> JSONValue {
    let scores = try detector.scores(of: rows, threadCount: 1)
    return [
      "features": .array(
        (0..<rows.rowCount).map { row in
          .array(rows.row(row).map { $0.isNaN ? .null : .number($0) })
        }),
      "scores": .array(scores.map { .number($0) }),
    ]
  }

  private static let seal = Array("{\n  \"checksum\": \"".utf8)
  private static let sealEnd = Array("\",\n".utf8)

  /// The document with the checksum of the rest as its first member.
  private static func sealed(_ text: [UInt8]) -> [UInt8] {
    let rest = Array(text.dropFirst(2))
    return seal + SHA256.digest(of: rest).hexadecimal.utf8 + sealEnd + rest
  }

  // MARK: Reading

  /// Reads the files in `folder` and compares their checksums.
  ///
  /// - Throws: `FileError`, or `ModelError.malformed` naming the file.
  init(in folder: String) throws {
    self.folder = folder
    let (document, isSealed) = try Self.readDocument(folder + "/model.json")
    self.document = document
    let format = document["format"]?.stringValue
    guard
      format == Self.scoringFormatBefore
        || (isSealed && (format == Self.scoringFormat || format == Self.tableFormat))
    else {
      throw ModelError.malformed(
        reason: "\(folder)/model.json is of a format that is unknown here, or has lost its checksum"
      )
    }
    let sums = document["files"]?.objectValue
    let archive = try Self.read("model.safetensors", in: folder, sums: sums)
    do {
      tensors = try SafetensorsArchive(decoding: archive).tensors
    } catch {
      throw ModelError.malformed(reason: "\(folder)/model.safetensors: \(error)")
    }
    guard sums == nil || sums?["golden.json"] != nil else {
      golden = nil
      return
    }
    golden = try Self.parse(
      Self.read("golden.json", in: folder, sums: sums), folder + "/golden.json")
  }

  private static func readDocument(
    _ path: String
  ) throws -> (document: JSONValue, isSealed: Bool) {
    let bytes = try contents(path)
    let start = seal.count + 64 + sealEnd.count
    let isSealed = bytes.count >= start && bytes.starts(with: seal)
    if isSealed {
      let digits = bytes[seal.count..<seal.count + 64]
      let digest = SHA256.digest(of: Array(bytes[start...])).hexadecimal
      guard digits.elementsEqual(digest.utf8), bytes[..<start].suffix(sealEnd.count) == sealEnd[...]
      else { throw checksumError(path) }
    }
    return (try parse(bytes, path), isSealed)
  }

  /// The bytes of a file; `sums` is missing in the format that had none.
  private static func read(
    _ name: String, in folder: String, sums: JSONObject?
  ) throws -> [UInt8] {
    let bytes = try contents("\(folder)/\(name)")
    guard let sums else { return bytes }
    guard sums[name]?.stringValue == SHA256.digest(of: bytes).hexadecimal else {
      throw checksumError("\(folder)/\(name)")
    }
    return bytes
  }

  /// Nothing larger is read: a model of a thousand deep trees has some ten megabytes.
  private static let byteLimit = 1 << 30

  private static func contents(_ path: String) throws -> [UInt8] {
    guard try FileSystem.byteCount(of: path) <= byteLimit else {
      throw ModelError.malformed(reason: "\(path) is larger than a gigabyte, which no model is")
    }
    return try FileSystem.read(path)
  }

  private static func parse(_ bytes: [UInt8], _ path: String) throws(ModelError) -> JSONValue {
    do {
      return try JSONValue(parsing: bytes)
    } catch {
      throw .malformed(reason: "\(path): \(error)")
    }
  }

  private static func checksumError(_ path: String) -> ModelError {
    .malformed(
      reason: "\(path) does not have its checksum: it was cut or changed; restore it from a copy")
  }

  /// The kinds of detectors that a model may hold.
  private static let kinds: [String: any AnomalyDetector.Type] = [
    IsolationForest.kind: IsolationForest.self, GaussianDetector.kind: GaussianDetector.self,
    EnsembleDetector.kind: EnsembleDetector.self,
  ]

  /// The detector, which gives the golden scores bit for bit, with the threshold of the model.
  func trainedDetector() throws -> TrainedDetector {
    guard let kind = document["kind"]?.stringValue, let type = Self.kinds[kind] else {
      throw ModelError.malformed(reason: "model.json names no kind of detector that is known here")
    }
    guard let description = document["detector"]?.objectValue,
      let threshold = document["threshold"]?.doubleValue
    else { throw ModelError.malformed(reason: "model.json lacks the detector or the threshold") }
    let detector = try type.init(
      decoding: EncodedDetector(description: description, tensors: tensors))
    try checkGoldenScores(of: detector)
    return TrainedDetector(detector: detector, threshold: threshold)
  }

  private func checkGoldenScores(of detector: any AnomalyDetector) throws {
    guard let golden else { return }
    let scores = golden["scores"]?.arrayValue?.compactMap(\.doubleValue) ?? []
    let rows = (golden["features"]?.arrayValue ?? []).map { row in
      row.arrayValue?.map { $0 == .null ? Double.nan : $0.doubleValue ?? .infinity } ?? []
    }
    guard rows.count == scores.count,
      rows.allSatisfy({ $0.count == detector.featureNames.count })
    else {
      throw ModelError.malformed(
        reason: "golden.json has not one score and one value per feature for each row")
    }
    guard !rows.isEmpty else { return }
    let found = try detector.scores(of: Matrix(rows: rows), threadCount: 1)
    for (index, (score, expected)) in zip(found, scores).enumerated() where score != expected {
      throw ModelError.malformed(
        reason: "golden row \(index) does not get the score it had when the model was made")
    }
  }
}
