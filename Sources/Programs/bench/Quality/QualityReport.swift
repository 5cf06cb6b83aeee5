internal import Arguments
internal import JSON
internal import Terminal

/// What a quality benchmark found: lines that can be read alone, each with ours, a peer's, their difference and the
/// target.
///
/// A part of the quality benchmark is a `Benchmark` named `quality …` in this folder that ends in one of these.
struct QualityReport {
  /// What a measure must reach.
  enum Target {
    /// At least this much.
    case atLeast(Double)
    /// No further than this from the peer's value.
    case withinOfPeer(Double)
    /// Nothing: the line is there for comparison.
    case none

    var text: String {
      switch self {
      case .atLeast(let limit): "≥ \(QualityReport.text(limit))"
      case .withinOfPeer(let limit): "± \(QualityReport.text(limit))"
      case .none: "–"
      }
    }
  }

  /// One measure of ours beside one peer's.
  struct Line {
    /// What was measured, with the setting of ours.
    let measure: String
    let ours: Double
    /// The peer and its value; nil where no peer ran.
    let peer: (name: String, value: Double)?
    let target: Target

    /// Whether the target is reached; nil where there is none or its peer did not run.
    var isMet: Bool? {
      switch target {
      case .atLeast(let limit): ours >= limit
      case .withinOfPeer(let limit): peer.map { (ours - $0.value).magnitude <= limit }
      case .none: nil
      }
    }
  }

  /// The name of the benchmark.
  let name: String
  /// What the values were measured on.
  let subject: String
  var lines: [Line] = []
  /// Every single value, for `--json`.
  var rows: [JSONValue] = []

  /// The options of every quality benchmark.
  static let options: [CommandSyntax.Option] =
    [
      .init("--data", "FOLDER", "The folder of data sets (default: $ANOMALYZE_SHARED_DATA)."),
      .init(switch: "--json", "Print JSON with every single value."),
    ] + Peers.options

  /// The folder of data that the command line or the environment names.
  static func dataFolder(_ values: ArgumentValues) throws(UsageError) -> String {
    guard let folder = values.text("--data") ?? Terminal.environment("ANOMALYZE_SHARED_DATA") else {
      throw UsageError("give the folder of data sets: --data FOLDER or ANOMALYZE_SHARED_DATA")
    }
    return folder
  }

  /// The lines as a table, or everything as JSON when the command line asks for it.
  func output(_ values: ArgumentValues) -> String {
    values.isOn("--json") ? json.text(.indented) : text
  }

  private var text: String {
    var table = TextTable(
      ["measure", "ours", "peer", "peer's", "difference", "target", "verdict"],
      rightAligned: [1, 3, 4])
    for line in lines {
      table.append([
        line.measure, Self.text(line.ours), line.peer?.name ?? "not run",
        line.peer.map { Self.text($0.value) } ?? "–",
        line.peer.map { Self.text(line.ours - $0.value) } ?? "–", line.target.text,
        line.isMet.map { $0 ? "met" : "MISSED" } ?? "–",
      ])
    }
    return "\(name): \(subject)\n\(table.text)"
  }

  private var json: JSONValue {
    .object([
      "benchmark": .string(name),
      "subject": .string(subject),
      "lines": .array(lines.map(Self.json)),
      "rows": .array(rows),
    ])
  }

  private static func json(_ line: Line) -> JSONValue {
    var object: JSONObject = ["measure": .string(line.measure), "ours": .number(line.ours)]
    if let peer = line.peer {
      object["peer"] = .string(peer.name)
      object["theirs"] = .number(peer.value)
      object["difference"] = .number(line.ours - peer.value)
    }
    object["target"] = .string(line.target.text)
    if let isMet = line.isMet { object["is_met"] = .bool(isMet) }
    return .object(object)
  }

  /// Four digits after the point.
  static func text(_ value: Double) -> String {
    let scaled = Int64((value.magnitude * 10_000).rounded())
    let digits = String(scaled % 10_000)
    let sign = value < 0 && scaled > 0 ? "-" : ""
    return "\(sign)\(scaled / 10_000).\(String(repeating: "0", count: 4 - digits.count))\(digits)"
  }
}
