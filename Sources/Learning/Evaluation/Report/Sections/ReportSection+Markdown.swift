extension ReportSection {
  /// The section as Markdown; `plots` stands where the section shows them.
  func markdown(plots: String) -> String {
    "\n## \(Markdown.escaped(title))\n\n"
      + (lead.isEmpty ? "" : Markdown.escaped(lead) + "\n\n")
      + blocks.map { $0.markdown(plots: plots) }.joined(separator: "\n")
  }
}

extension ReportSection.Block {
  func markdown(plots: String) -> String {
    switch self {
    case .table(let table):
      Markdown.table(
        table.heads, table.rows.map { row in ([row.name] + row.cells).map(\.markdown) })
    case .paragraph(let text): Markdown.escaped(text) + "\n"
    case .list(let items): items.map { "- \(Markdown.escaped($0))\n" }.joined()
    case .facts(let facts): Markdown.table(["", ""], facts.map { [$0.name, $0.value] })
    case .commands(let lines): lines.map { "    \($0)\n" }.joined()
    case .headed(let title, let text):
      "### \(Markdown.escaped(title))\n\n\(Markdown.escaped(text))\n"
    case .plots: plots
    case .folded(let summary, let blocks):
      "\(Markdown.escaped(summary)):\n\n"
        + blocks.map { $0.markdown(plots: plots) }.joined(separator: "\n")
    }
  }
}

extension ReportSection.Cell {
  fileprivate var markdown: String {
    switch self {
    case .text(let text): text
    case .key(let key): key
    case .day(let day): day
    case .figure(_, let text, let note): note.isEmpty ? text : "\(text) (\(note))"
    case .undefined: "n/a"
    }
  }
}

enum Markdown {
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\", "`", "*", "_", "[", "]", "<", ">", "|", "#": result += "\\\(scalar)"
      case _ where scalar.properties.generalCategory == .control: result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  static func table(_ heads: [String], _ rows: [[String]]) -> String {
    func line(_ cells: [String]) -> String {
      "| " + cells.map(escaped).joined(separator: " | ") + " |\n"
    }
    return line(heads) + "|" + heads.map { _ in " --- |" }.joined() + "\n"
      + rows.map(line).joined()
  }
}
