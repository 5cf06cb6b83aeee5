public import Files
internal import JSON
public import Models

/// The exact moments of many series with their first and last moments in time: all that their 3-sigma models need.
public struct SeriesMoments: ShardResult {
  public static let kind = "moments"

  /// What is known of one series.
  public struct Entry: Equatable, Sendable {
    /// Count, extremes and exact sums of the values.
    public internal(set) var moments: ExactMoments
    /// When its first value came, in microseconds since 1970.
    public internal(set) var first: Int64
    /// When its last value came.
    public internal(set) var last: Int64
  }

  /// The series by their identifiers.
  public private(set) var entries: [String: Entry] = [:]

  /// No series.
  public init() {}

  /// Adds a value of the series `id`.
  ///
  /// - Precondition: `value` is finite.
  public mutating func add(_ id: String, _ value: Double, at time: Int64) {
    var entry = Entry(moments: ExactMoments(), first: time, last: time)
    // Taken out while it changes, so that its sums are not copied.
    if let known = entries.removeValue(forKey: id) { entry = known }
    entry.moments.add(value)
    entry.first = min(entry.first, time)
    entry.last = max(entry.last, time)
    entries[id] = entry
  }

  /// Adds values that belong together.
  public mutating func add(_ id: String, _ moments: ExactMoments, first: Int64, last: Int64) {
    guard var entry = entries[id] else {
      entries[id] = Entry(moments: moments, first: first, last: last)
      return
    }
    entry.moments.merge(moments)
    entry.first = min(entry.first, first)
    entry.last = max(entry.last, last)
    entries[id] = entry
  }

  public mutating func merge(_ other: SeriesMoments) {
    for (id, entry) in other.entries {
      add(id, entry.moments, first: entry.first, last: entry.last)
    }
  }

  /// One line of JSON a series, in the order of their identifiers' bytes.
  public var tensors: [Tensor] {
    var bytes: [UInt8] = []
    let sorted = entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    for (id, entry) in sorted {
      let line: JSONValue = [
        "series": .string(id), "first": .integer(entry.first), "last": .integer(entry.last),
        "moments": entry.moments.json,
      ]
      bytes += line.bytes()
      bytes.append(UInt8(ascii: "\n"))
    }
    return [Tensor("series", .uint8(bytes))]
  }

  public init(_ archive: SafetensorsArchive) throws(ShardResultError) {
    for line in try archive.bytes("series").split(separator: UInt8(ascii: "\n")) {
      guard let json = try? JSONValue(parsing: Array(line)), let id = json["series"]?.stringValue,
        let first = json["first"]?.integerValue, let last = json["last"]?.integerValue,
        let moments = json["moments"], let moments = try? ExactMoments(moments),
        entries[id] == nil
      else { throw .malformed(reason: "a series in it cannot be read") }
      entries[id] = Entry(moments: moments, first: first, last: last)
    }
  }
}
