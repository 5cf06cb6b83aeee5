extension ProgramSyntax {
  /// The manual page of the program, in the macros of man(7): section 1, made from the same syntax as the help.
  public func manual() -> String {
    var page = """
      .TH \(name.uppercased()) 1 "" "\(name) \(version)" "User commands"
      .SH NAME
      \(name) \\- \(Self.escaped(oneLine))
      .SH SYNOPSIS

      """
    let isSingle = commands.count == 1 && commands.first?.name.isEmpty == true
    page += isSingle ? ".B \(name)\n[options]\n" : ".B \(name)\nCOMMAND [options]\n"
    page += ".SH DESCRIPTION\n\(Self.escaped(abstract))\n"
    if isSingle, let command = commands.first {
      page += Self.arguments(of: command, heading: ".SH OPTIONS\n")
    } else {
      page += ".SH COMMANDS\n"
      for command in commands {
        page += ".SS \(Self.escaped("\(command.name) \(command.synopsis)"))\n"
        page += Self.escaped(command.abstract) + "\n"
        page += Self.arguments(of: command, heading: "")
        for example in command.examples {
          page += ".PP\n.EX\n\(Self.escaped(example))\n.EE\n"
        }
      }
    }
    page += ".SH EXIT STATUS\n"
    for code in ExitCode.allCases {
      page += ".TP\n.B \(code.rawValue)\n\(Self.escaped(code.meaning))\n"
    }
    return page
  }

  /// The abstract without the program's own name before it.
  private var oneLine: String {
    let text = abstract.split(separator: ": ", maxSplits: 1).last.map(String.init) ?? abstract
    return text.hasSuffix(".") ? String(text.dropLast()) : text
  }

  private static func arguments(of command: CommandSyntax, heading: String) -> String {
    var text = heading
    for operand in command.operands {
      text += ".TP\n.I \(escaped(operand.name))\n\(escaped(operand.help))\n"
    }
    for option in command.options {
      let value = option.valueName.map { " \\fI\(escaped($0))\\fR" } ?? ""
      let standard = option.defaultText.map { " (default: \($0))" } ?? ""
      text += ".TP\n\\fB\(escaped(option.name))\\fR\(value)\n\(escaped(option.help + standard))\n"
    }
    return text
  }

  /// Text that means only itself: no escape, no request at the start of a line, real hyphens.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "\\": result += "\\e"
      case "-": result += "\\-"
      default: result.append(character)
      }
    }
    return result.hasPrefix(".") || result.hasPrefix("'") ? "\\&" + result : result
  }
}
