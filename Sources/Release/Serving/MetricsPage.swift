/// Text in the exposition format of Prometheus, version 0.0.4.
struct MetricsPage {
  enum Kind: String {
    case counter, gauge, histogram
  }

  static let contentType = "text/plain; version=0.0.4; charset=utf-8"
  private(set) var text = ""

  /// Starts a metric; its samples follow.
  mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  /// Adds a sample.
  mutating func add(_ name: String, _ labels: [(String, String)] = [], _ value: String) {
    text += name
    if !labels.isEmpty {
      text +=
        "{" + labels.map { "\($0)=\"\(MetricsPage.escaped($1))\"" }.joined(separator: ",") + "}"
    }
    text += " \(value)\n"
  }

  /// Adds a metric of one sample.
  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: String) {
    begin(name, kind, help)
    add(name, [], value)
  }

  /// Adds the samples of a histogram.
  mutating func add(_ name: String, _ labels: [(String, String)], _ histogram: LatencyHistogram) {
    for (bound, count) in zip(LatencyHistogram.bounds, histogram.atMost) {
      add("\(name)_bucket", labels + [("le", bound.seconds)], "\(count)")
    }
    add("\(name)_bucket", labels + [("le", "+Inf")], "\(histogram.count)")
    add("\(name)_sum", labels, "\(Double(histogram.sumNanoseconds) / 1e9)")
    add("\(name)_count", labels, "\(histogram.count)")
  }

  private static func escaped(_ value: String) -> String {
    var text = ""
    for character in value {
      switch character {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.append(character)
      }
    }
    return text
  }
}
