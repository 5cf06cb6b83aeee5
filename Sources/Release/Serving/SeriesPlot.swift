internal import Models
internal import Transactions

/// A drawing of a series: its points, what was expected, the band, and the points outside it.
///
/// The drawing has a fixed size whatever the number of points: each column of pixels shows the lowest and the highest
/// value that fall into it.
struct SeriesPlot {
  let title: String
  let times: [Timestamp]
  let values: [Double]
  let assessment: SeriesAssessment

  private static let width = 960.0
  private static let height = 360.0
  private static let left = 70.0
  private static let right = 12.0
  private static let top = 30.0
  private static let bottom = 34.0

  /// The drawing as SVG.
  var svg: String {
    let scale = Scale(self)
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 360" role="img" \
      font-family="system-ui, sans-serif" font-size="12">
      <title>\(title)</title>
      <style>.band{fill:#9ecae1;opacity:.45}.expected{stroke:#3182bd;fill:none}\
      .points{stroke:#333;fill:none}.flag{fill:#d62728}.axis{fill:#555}.grid{stroke:#ddd}</style>
      <rect width="960" height="360" fill="#fff"/>
      <text x="70" y="18" font-weight="600">\(title)</text>

      """
    text += grid(scale)
    text += "<path class=\"band\" d=\"\(bandPath(scale))\"/>\n"
    text += "<path class=\"expected\" d=\"\(line(assessment.expectedValues, scale))\"/>\n"
    text += "<path class=\"points\" d=\"\(pointsPath(scale))\"/>\n"
    for index in flagged.prefix(2_000) {
      text +=
        "<circle class=\"flag\" cx=\"\(scale.x(index))\" cy=\"\(scale.y(values[index]))\" r=\"3\">"
        + "<title>\(times[index]) \(values[index])</title></circle>\n"
    }
    return text + "</svg>\n"
  }

  /// A page that holds the drawing and says what is in it.
  var html: String {
    """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8"><title>\(title)</title>
    <meta name="viewport" content="width=device-width">
    <style>body{font-family:system-ui,sans-serif;margin:1rem auto;max-width:60rem;padding:0 1rem}</style></head>
    <body><h1>\(title)</h1>
    \(svg)
    <p>\(values.count) points, \(flagged.count) outside the band in \(assessment.episodes.count) episodes.
    The band is shaded, the line in it is the expected value, dots are the points outside.</p>
    </body></html>

    """
  }

  /// The indices of the anomalies.
  var flagged: [Int] { assessment.isAnomaly.indices.filter { assessment.isAnomaly[$0] } }

  /// Positions on the drawing.
  private struct Scale {
    let low: Double
    let high: Double
    let count: Int
    let first: Double
    let span: Double
    let times: [Timestamp]

    init(_ plot: SeriesPlot) {
      var low = plot.values.min() ?? 0
      var high = plot.values.max() ?? 1
      for bound in plot.assessment.lower where bound.magnitude < 1e300 { low = min(low, bound) }
      for bound in plot.assessment.upper where bound.magnitude < 1e300 { high = max(high, bound) }
      let margin = high > low ? (high / 2 - low / 2) * 0.1 : max(low.magnitude * 0.1, 1)
      self.low = max(low - margin, -.greatestFiniteMagnitude)
      self.high = min(high + margin, .greatestFiniteMagnitude)
      times = plot.times
      count = times.count
      first = Double(times.first?.microseconds ?? 0)
      span = max(1, Double(times.last?.microseconds ?? 1) - first)
    }

    func x(_ index: Int) -> Double {
      let share = (Double(times[index].microseconds) - first) / span
      return tenth(left + share * (width - left - right))
    }

    func y(_ value: Double) -> Double {
      let share = (value / 2 - low / 2) / (high / 2 - low / 2)
      return tenth(height - bottom - min(max(share, 0), 1) * (height - top - bottom))
    }

    private func tenth(_ value: Double) -> Double { (value * 10).rounded() / 10 }
  }

  private func grid(_ scale: Scale) -> String {
    var text = ""
    for step in 0...4 {
      let share = Double(step) / 4
      let value = scale.low + (scale.high - scale.low) * share
      let y = scale.y(value)
      text += "<line class=\"grid\" x1=\"70\" x2=\"948\" y1=\"\(y)\" y2=\"\(y)\"/>"
      text +=
        "<text class=\"axis\" x=\"64\" y=\"\(y + 4)\" text-anchor=\"end\">\(shortText(value))</text>\n"
    }
    for (index, anchor) in [(0, "start"), (times.count / 2, "middle"), (times.count - 1, "end")]
    where times.indices.contains(index) {
      text +=
        "<text class=\"axis\" x=\"\(scale.x(index))\" y=\"350\" text-anchor=\"\(anchor)\">\(times[index])</text>\n"
    }
    return text
  }

  private func shortText(_ value: Double) -> String {
    let size = max(value.magnitude, 1e-12)
    guard size >= 1e-3, size < 1e9 else { return "\(value)" }
    let text = "\((value * 1_000).rounded() / 1_000)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// The points that stand for their column of pixels.
  private func columns(_ scale: Scale) -> [Range<Int>] {
    var columns: [Range<Int>] = []
    var start = 0
    for index in times.indices where Int(scale.x(index)) != Int(scale.x(start)) {
      columns.append(start..<index)
      start = index
    }
    if start < times.count { columns.append(start..<times.count) }
    return columns
  }

  private func pointsPath(_ scale: Scale) -> String {
    var path = ""
    for column in columns(scale) {
      let low = values[column].min() ?? 0
      let high = values[column].max() ?? 0
      let x = scale.x(column.lowerBound)
      path += "\(path.isEmpty ? "M" : "L")\(x) \(scale.y(low))"
      if high > low { path += "L\(x) \(scale.y(high))" }
    }
    return path
  }

  private func line(_ numbers: [Double], _ scale: Scale) -> String {
    var path = ""
    for column in columns(scale) {
      let index = column.lowerBound
      path += "\(path.isEmpty ? "M" : "L")\(scale.x(index)) \(scale.y(numbers[index]))"
    }
    return path
  }

  private func bandPath(_ scale: Scale) -> String {
    var back = ""
    for column in columns(scale).reversed() {
      let index = column.lowerBound
      back += "L\(scale.x(index)) \(scale.y(assessment.lower[index]))"
    }
    return line(assessment.upper, scale) + back + "Z"
  }
}
