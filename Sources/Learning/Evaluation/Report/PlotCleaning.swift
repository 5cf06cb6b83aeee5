/// Makes gnuplot's SVG fit for a page: no unused definitions, identifiers or empty groups, a title for screen readers,
/// short colours that a style sheet can address.
enum PlotCleaning {
  static func clean(_ svg: String, title: String) -> String {
    var lines: [String] = []
    var isInDefinitions = false
    for line in svg.split(separator: "\n", omittingEmptySubsequences: true) {
      let line = String(line)
      if line == "<defs>" { isInDefinitions = true }
      defer { if line == "</defs>" { isInDefinitions = false } }
      if isInDefinitions || line.hasPrefix("<?xml") || line.hasPrefix("<desc>")
        || line.hasPrefix("<title>") || line.hasPrefix("<rect x=\"0\" y=\"0\"")
      {
        continue
      }
      // A group that was opened by the line before and is closed at once holds nothing.
      if line == "</g>", let last = lines.last, last.hasPrefix("<g "), last.hasSuffix(">"),
        !last.contains("</g>")
      {
        lines.removeLast()
        continue
      }
      lines.append(shortened(line))
    }
    let body = lines.joined(separator: "\n")
    guard let head = body.firstRange(of: ">\n") else { return body }
    return body[..<head.lowerBound]
      .split(separator: "\n").map { $0.trimmed }.joined(separator: " ")
      .replacing(" xmlns:xlink=\"http://www.w3.org/1999/xlink\"", with: "")
      + " role=\"img\">\n<title>\(HTML.escaped(title))</title>\n" + body[head.upperBound...] + "\n"
  }

  private static func shortened(_ line: String) -> String {
    var text = line.trimmed
    if text.hasPrefix("<g id=") {
      // gnuplot names every curve by its number, which tells nobody anything.
      text = "<g>"
    }
    text = text.replacing(" class=\"gridline\" ", with: "").replacing(
      " stroke-linecap=\"butt\" stroke-linejoin=\"miter\"", with: "")
    while let start = text.firstRange(of: "rgb("),
      let end = text[start.upperBound...].firstIndex(of: ")")
    {
      let parts = text[start.upperBound..<end].split(separator: ",").map { Int($0.trimmed) ?? 0 }
      let hexadecimal = parts.map { part in
        (part < 16 ? "0" : "") + String(part, radix: 16)
      }.joined()
      text.replaceSubrange(start.lowerBound...end, with: "#" + hexadecimal)
    }
    return text
  }
}

extension StringProtocol {
  /// The text without spaces and tabs at its ends.
  fileprivate var trimmed: String {
    var rest = self[...]
    while let first = rest.first, first == " " || first == "\t" { rest = rest.dropFirst() }
    while let last = rest.last, last == " " || last == "\t" { rest = rest.dropLast() }
    return String(rest)
  }
}
