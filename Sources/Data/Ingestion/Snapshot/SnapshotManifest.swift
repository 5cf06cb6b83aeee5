internal import Files
public import JSON
public import Transactions

/// What a snapshot holds and where it came from: its `manifest.json`.
public struct SnapshotManifest: Equatable, Sendable {
  /// One file of rows.
  public struct Part: Equatable, Sendable {
    /// Name of the file in the snapshot's folder.
    public let file: String
    /// Rows in it.
    public let rowCount: Int
    /// Its size.
    public let byteCount: Int
    /// Its SHA-256 in hexadecimal.
    public let digest: String
  }

  /// Digest of the contents: equal rows have equal digests, whatever their source and the order in which they came.
  public let digest: String
  /// Rows in all parts.
  public let rowCount: Int
  /// Rows whose label is known.
  public let labelCount: Int
  /// Rows that are known to be fraud.
  public let fraudCount: Int
  /// Moment of the first row.
  public let firstTime: Timestamp
  /// Moment of the last row.
  public let lastTime: Timestamp
  /// The source, without passwords.
  public let source: String
  /// The query or range that was asked for, or `nil` for everything.
  public let query: String?
  /// The files of rows, in order of time.
  public let parts: [Part]
  /// What was found in the rows.
  public let quality: DataQuality

  static let format = "anomalyze-snapshot/1"

  /// The manifest as JSON.
  public var json: JSONValue {
    var object: JSONObject = [
      "format": .string(Self.format), "digest": .string(digest),
      "rows": .integer(Int64(rowCount)), "labels": .integer(Int64(labelCount)),
      "frauds": .integer(Int64(fraudCount)), "first_time": .string(firstTime.description),
      "last_time": .string(lastTime.description), "source": .string(source),
    ]
    if let query { object["query"] = .string(query) }
    object["columns"] = .array(SnapshotColumn.allCases.map { .string($0.rawValue) })
    object["parts"] = .array(
      parts.map { part in
        [
          "file": .string(part.file), "rows": .integer(Int64(part.rowCount)),
          "bytes": .integer(Int64(part.byteCount)), "sha256": .string(part.digest),
        ]
      })
    object["quality"] = quality.json
    return .object(object)
  }

  init(
    digest: String, rowCount: Int, labelCount: Int, fraudCount: Int, firstTime: Timestamp,
    lastTime: Timestamp, source: String, query: String?, parts: [Part], quality: DataQuality
  ) {
    self.digest = digest
    self.rowCount = rowCount
    self.labelCount = labelCount
    self.fraudCount = fraudCount
    self.firstTime = firstTime
    self.lastTime = lastTime
    self.source = source
    self.query = query
    self.parts = parts
    self.quality = quality
  }

  /// Reads what `json` wrote; `nil` when something is missing or inconsistent.
  init?(_ json: JSONValue) {
    func count(_ value: JSONValue?) -> Int? {
      value?.integerValue.flatMap { $0 >= 0 ? Int($0) : nil }
    }
    func time(_ key: String) -> Timestamp? {
      json[key]?.stringValue.flatMap { Timestamp(parsing: $0) }
    }
    guard json["format"]?.stringValue == Self.format, let digest = json["digest"]?.stringValue,
      let rowCount = count(json["rows"]), let labelCount = count(json["labels"]),
      let fraudCount = count(json["frauds"]), let firstTime = time("first_time"),
      let lastTime = time("last_time"), let source = json["source"]?.stringValue,
      let entries = json["parts"]?.arrayValue
    else { return nil }
    var parts: [Part] = []
    for entry in entries {
      guard let file = entry["file"]?.stringValue, !file.contains("/"),
        let rows = count(entry["rows"]), let bytes = count(entry["bytes"]),
        let digest = entry["sha256"]?.stringValue
      else { return nil }
      parts.append(Part(file: file, rowCount: rows, byteCount: bytes, digest: digest))
    }
    guard parts.lazy.map(\.rowCount).reduce(0, { $0 &+ $1 }) == rowCount,
      Self.digest(of: parts) == digest
    else { return nil }
    self.init(
      digest: digest, rowCount: rowCount, labelCount: labelCount, fraudCount: fraudCount,
      firstTime: firstTime, lastTime: lastTime, source: source,
      query: json["query"]?.stringValue, parts: parts, quality: DataQuality(json["quality"] ?? [:]))
  }

  /// The digest of a snapshot: over the digests of its parts, which depend on the rows alone.
  static func digest(of parts: [Part]) -> String {
    let text = ([format] + parts.map(\.digest)).joined(separator: "\n")
    return SHA256.digest(of: Array(text.utf8)).hexadecimal
  }
}
