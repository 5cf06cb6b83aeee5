public import JSON

/// What one gate said.
public struct GateOutcome: Equatable, Sendable {
  /// How a gate can answer.
  public enum Verdict: String, Sendable {
    case passed
    case refused
    /// The gate compares with a champion and there is none.
    case notApplicable = "not applicable"
    /// An advisory gate that would have refused.
    case warned
  }

  /// The name of the gate.
  public let gate: String
  /// What was asked for, as text.
  public let limit: String
  /// What was found, as text; `-` when nothing was.
  public let value: String
  /// The answer.
  public let verdict: Verdict
  /// Why, in words.
  public let note: String

  /// The outcome as a JSON object.
  public var json: JSONValue {
    [
      "gate": .string(gate), "limit": .string(limit), "value": .string(value),
      "verdict": .string(verdict.rawValue), "note": .string(note),
    ]
  }
}

/// The answers of all gates about one version.
public struct PromotionDecision: Equatable, Sendable {
  /// One outcome for each gate, in the order of the policy.
  public let outcomes: [GateOutcome]

  /// Whether no gate refused.
  public var isAccepted: Bool { outcomes.allSatisfy { $0.verdict != .refused } }

  /// The outcomes that refused.
  public var refusals: [GateOutcome] { outcomes.filter { $0.verdict == .refused } }

  /// The decision as JSON: `accepted` and the table `gates`.
  public var json: JSONValue {
    ["accepted": .bool(isAccepted), "gates": .array(outcomes.map(\.json))]
  }

  /// The table for people: gate, limit, value, verdict and note in aligned columns.
  public var table: String {
    let header = ["gate", "limit", "value", "verdict", "note"]
    let rows =
      [header]
      + outcomes.map { [$0.gate, $0.limit, $0.value, $0.verdict.rawValue, $0.note] }
    let widths = header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      let cells = zip(row, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.count)
      }
      var line = cells.joined(separator: "  ")
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }
    return lines.joined(separator: "\n")
  }
}
