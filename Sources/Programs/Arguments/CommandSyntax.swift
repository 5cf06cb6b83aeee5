/// What a command is called, what it takes and what it is for: the single source of parsing and of help.
public struct CommandSyntax: Sendable {
  /// A value given by position.
  public struct Operand: Sendable {
    let name: String
    let help: String
    let isRequired: Bool

    /// Describes an operand; `name` is written in capitals, as in `NAME`.
    public init(_ name: String, _ help: String, isRequired: Bool = true) {
      self.name = name
      self.help = help
      self.isRequired = isRequired
    }
  }

  /// A value or a switch given by name.
  public struct Option: Sendable {
    let name: String
    let valueName: String?
    let help: String
    let defaultText: String?

    /// Describes `--name VALUE`, with the text of its default for the help.
    public init(
      _ name: String, _ valueName: String, _ help: String, default defaultText: String? = nil
    ) {
      self.name = name
      self.valueName = valueName
      self.help = help
      self.defaultText = defaultText
    }

    /// Describes a switch, off unless given.
    public init(switch name: String, _ help: String) {
      self.name = name
      valueName = nil
      self.help = help
      defaultText = nil
    }
  }

  /// The words that select the command, such as `db init`.
  public let name: String
  let abstract: String
  let operands: [Operand]
  let options: [Option]
  let examples: [String]

  /// Describes a command.
  public init(
    _ name: String, _ abstract: String, operands: [Operand] = [], options: [Option] = [],
    examples: [String] = []
  ) {
    self.name = name
    self.abstract = abstract
    self.operands = operands
    self.options = options
    self.examples = examples
  }

  /// What follows the name of the command.
  var synopsis: String {
    let operands = operands.map { $0.isRequired ? $0.name : "[\($0.name)]" }
    return (operands + (options.isEmpty ? [] : ["[options]"])).joined(separator: " ")
  }

  /// The page that `--help` prints.
  public func help(program: String) -> String {
    let words = [program, name, synopsis].filter { !$0.isEmpty }
    let usage = words.joined(separator: " ")
    var text = "\(abstract)\n\nUsage: \(usage)\n"
    if !operands.isEmpty {
      text += "\nArguments:\n" + aligned(operands.map { ($0.name, $0.help) })
    }
    let rows = options.map { option in
      (
        option.valueName.map { "\(option.name) \($0)" } ?? option.name,
        option.help + (option.defaultText.map { " (default: \($0))" } ?? "")
      )
    }
    text += "\nOptions:\n" + aligned(rows + [("--help", "Print this page.")])
    if !examples.isEmpty {
      text += "\nExamples:\n" + examples.map { "  \($0)\n" }.joined()
    }
    return text
  }
}

/// Two columns, the second starting where the widest reasonable first one ends.
func aligned(_ rows: [(String, String)]) -> String {
  let width = min(rows.map(\.0.count).max() ?? 0, 30)
  return rows.map { left, right in
    left.count > width
      ? "  \(left)\n  \(String(repeating: " ", count: width + 2))\(right)\n"
      : "  \(left)\(String(repeating: " ", count: width + 2 - left.count))\(right)\n"
  }.joined()
}
