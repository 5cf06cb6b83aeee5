/// A part of a report before it becomes HTML or Markdown, so that both say the same.
struct ReportSection {
  /// Anchor of the section within the page.
  let anchor: String
  let title: String
  let lead: String
  let blocks: [Block]

  enum Block {
    case table(Table)
    case paragraph(String)
    case list([String])
    case facts([(name: String, value: String)])
    case commands([String])
    case headed(String, String)
    case plots
    /// Blocks that unfold on request.
    case folded(String, [Block])
  }

  struct Table {
    /// What the table shows, for those who cannot see it.
    let label: String
    let heads: [String]
    let rows: [Row]
  }

  struct Row {
    let name: Cell
    let cells: [Cell]
    var isMarked = false

    init(_ name: Cell, _ cells: [Cell], isMarked: Bool = false) {
      self.name = name
      self.cells = cells
      self.isMarked = isMarked
    }
  }

  enum Cell {
    case text(String)
    case key(String)
    /// A date, which stays on one line.
    case day(String)
    /// A number with all its digits, as people read it, with a second line.
    case figure(Double, String, note: String)
    case undefined(String)

    static func named(_ name: String, _ note: String) -> Cell { .text(name + "\n" + note) }

    static func count(_ value: Int) -> Cell {
      .figure(Double(value), NumberText.grouped(value), note: "")
    }

    static func share(_ value: Double) -> Cell {
      .figure(value, NumberText.percent(value), note: "")
    }

    static func number(_ value: Double, _ digits: Int) -> Cell {
      .figure(value, NumberText.fixed(value, digits), note: "")
    }

    static func share(_ value: MetricValue) -> Cell { of(value) { NumberText.percent($0) } }

    static func number(_ value: MetricValue, _ digits: Int) -> Cell {
      of(value) { NumberText.fixed($0, digits) }
    }

    static func share(_ estimate: Estimate) -> Cell {
      guard case .figure(let value, let text, _) = share(estimate.value),
        let range = estimate.interval
      else { return share(estimate.value) }
      let low = NumberText.fixed(range.lowerBound * 100, 1)
      return .figure(value, text, note: "\(low)–\(NumberText.percent(range.upperBound))")
    }

    static func metric(_ value: MetricValue, _ metric: HeadlineMetric) -> Cell {
      of(value) { NumberText.figure($0, of: metric) }
    }

    static func metric(_ estimate: Estimate?, _ metric: HeadlineMetric) -> Cell {
      let estimate = estimate ?? Estimate(.undefined("not computed"))
      return of(
        estimate.value, note: estimate.interval.map { NumberText.interval($0, of: metric) } ?? ""
      ) { NumberText.figure($0, of: metric) }
    }

    /// A difference with its interval; shares are in percentage points.
    static func difference(_ estimate: Estimate?, _ metric: HeadlineMetric) -> Cell {
      let estimate = estimate ?? Estimate(.undefined("not computed"))
      let unit = metric.isShare ? " pp" : ""
      let note = estimate.interval.map { interval in
        "\(NumberText.difference(interval.lowerBound, of: metric)) to "
          + "\(NumberText.difference(interval.upperBound, of: metric))\(unit)"
      }
      return of(estimate.value, note: note ?? "") {
        NumberText.difference($0, of: metric) + unit
      }
    }

    private static func of(
      _ value: MetricValue, note: String = "", _ text: (Double) -> String
    ) -> Cell {
      switch value {
      case .value(let number): .figure(number, text(number), note: note)
      case .undefined(let reason): .undefined(reason)
      }
    }
  }
}
