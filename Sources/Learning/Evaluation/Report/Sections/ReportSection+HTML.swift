extension ReportSection {
  /// The section as HTML; `plots` stands where the section shows them.
  func html(plots: String) -> String {
    """
    <section id="\(anchor)">
    <h2>\(HTML.escaped(title))</h2>
    \(lead.isEmpty ? "" : "<p>\(HTML.escaped(lead))</p>")
    \(blocks.map { $0.html(plots: plots) }.joined(separator: "\n"))
    </section>
    """
  }
}

extension ReportSection.Block {
  func html(plots: String) -> String {
    switch self {
    case .table(let table): return table.html
    case .paragraph(let text): return "<p class=\"muted\">\(HTML.escaped(text))</p>"
    case .list(let items):
      let list = items.map { "<li>\(HTML.escaped($0))</li>" }
      return "<ul class=\"notes\">\n\(list.joined(separator: "\n"))\n</ul>"
    case .facts(let facts):
      let list = facts.map { fact in
        "<dt>\(HTML.escaped(fact.name))</dt><dd>\(HTML.escaped(fact.value))</dd>"
      }
      return "<dl>\n\(list.joined(separator: "\n"))\n</dl>"
    case .commands(let lines):
      return
        "<pre tabindex=\"0\"><code>\(lines.map(HTML.escaped).joined(separator: "\n"))</code></pre>"
    case .headed(let title, let text):
      return "<h3>\(HTML.escaped(title))</h3>\n<p class=\"card\">\(HTML.escaped(text))</p>"
    case .plots: return plots
    case .folded(let summary, let blocks):
      return """
        <details><summary>\(HTML.escaped(summary))</summary>
        \(blocks.map { $0.html(plots: plots) }.joined(separator: "\n"))
        </details>
        """
    }
  }
}

extension ReportSection.Table {
  /// A table that scrolls by itself on a narrow screen, by keyboard too.
  var html: String {
    let heads = heads.map { "<th scope=\"col\">\(HTML.escaped($0))</th>" }
    let body = rows.map { row in
      "<tr\(row.isMarked ? " class=\"primary\"" : "")><th scope=\"row\">\(row.name.html)</th>"
        + row.cells.map { "<td>\($0.html)</td>" }.joined() + "</tr>"
    }
    return """
      <div class="scroll" role="region" aria-label="\(HTML.escaped(label))" tabindex="0">
      <table>
      <thead><tr>\(heads.joined())</tr></thead>
      <tbody>
      \(body.joined(separator: "\n"))
      </tbody>
      </table>
      </div>
      """
  }
}

extension ReportSection.Cell {
  var html: String {
    switch self {
    case .text(let text):
      let parts = text.split(separator: "\n", maxSplits: 1)
      let note = parts.count > 1 ? "<small>\(HTML.escaped(String(parts[1])))</small>" : ""
      return HTML.escaped(parts.first.map(String.init) ?? "") + note
    case .key(let key): return "<code>\(HTML.escaped(key))</code>"
    case .day(let day): return "<time>\(HTML.escaped(day))</time>"
    case .figure(let value, let text, let note):
      let exact = value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
      return "<data value=\"\(exact)\">\(text)</data>"
        + (note.isEmpty ? "" : "<small>\(note)</small>")
    case .undefined(let reason):
      return "<span class=\"muted\" title=\"\(HTML.escaped(reason))\">n/a</span>"
    }
  }
}
