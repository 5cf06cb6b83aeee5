extension ProgramSyntax {
  /// A shell that completes commands and options.
  public enum Shell: String, CaseIterable, Sendable {
    case bash
    case zsh
    case fish
  }

  /// The script that teaches `shell` the commands and options of the program.
  public func completions(for shell: Shell) -> String {
    switch shell {
    case .bash: bashCompletions()
    // zsh runs the functions of bash through its own compatibility layer.
    case .zsh:
      "#compdef \(name)\nautoload -U +X bashcompinit && bashcompinit\n" + bashCompletions()
    case .fish: fishCompletions()
    }
  }

  private var function: String { "_" + name.map { $0 == "-" ? "_" : String($0) }.joined() }

  private func bashCompletions() -> String {
    func words(_ command: CommandSyntax) -> String {
      (command.options.map(\.name) + ["--help"]).joined(separator: " ")
    }
    var cases = ""
    for command in commands where command.name.contains(" ") {
      cases += "    \"\(command.name)\") words=\"\(words(command))\" ;;\n"
    }
    let groups = Dictionary(grouping: commands.filter { $0.name.contains(" ") }) {
      String($0.name.prefix { $0 != " " })
    }
    for (first, group) in groups.sorted(by: { $0.key < $1.key }) {
      let seconds = group.map { String($0.name.drop { $0 != " " }.dropFirst()) }
      let own = commands.first { $0.name == first }.map { " " + words($0) } ?? ""
      cases += "    \"\(first) \") words=\"\(seconds.joined(separator: " "))\(own)\" ;;\n"
    }
    let firsts = Self.distinct(commands.map { String($0.name.prefix { $0 != " " }) })
    let start = commands.first.map { $0.name.isEmpty ? words($0) : nil } ?? nil
    // The command is its first word, or its first two where they name one.
    return """
      \(function)() {
        local current=${COMP_WORDS[COMP_CWORD]} words="" command="${COMP_WORDS[1]}"
        [ "$COMP_CWORD" -gt 2 ] && command="${COMP_WORDS[1]} ${COMP_WORDS[2]}"
        [ "$COMP_CWORD" -eq 2 ] && command="${COMP_WORDS[1]} "
        case "$command" in
      \(cases)    *)
            case "${command%% *}" in
      \(commands.filter { !$0.name.isEmpty && !$0.name.contains(" ") }.map { "        \"\($0.name)\") words=\"\(words($0))\" ;;\n" }.joined())        *) words="\(start ?? "")" ;;
            esac ;;
        esac
        [ "$COMP_CWORD" -eq 1 ] && words="\(start ?? firsts.joined(separator: " ")) --help --version"
        COMPREPLY=($(compgen -W "$words" -- "$current"))
        [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
      }
      complete -o filenames -F \(function) \(name)

      """
  }

  private func fishCompletions() -> String {
    func quoted(_ text: String) -> String {
      "'" + text.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "'"
    }
    var lines: [String] = []
    for command in commands {
      let words = command.name.split(separator: " ")
      let seen = words.map { "__fish_seen_subcommand_from \($0)" }.joined(separator: "; and ")
      if let first = words.first {
        lines.append(
          "complete -c \(name) -n __fish_use_subcommand -a \(first) -d \(quoted(command.abstract))")
      }
      if words.count == 2 {
        lines.append(
          "complete -c \(name) -n '__fish_seen_subcommand_from \(words[0])' -a \(words[1]) "
            + "-d \(quoted(command.abstract))")
      }
      for option in command.options {
        let condition = seen.isEmpty ? "" : " -n \(quoted(seen))"
        let value = option.valueName == nil ? "" : " -r"
        lines.append(
          "complete -c \(name)\(condition) -l \(option.name.dropFirst(2))\(value) -d \(quoted(option.help))"
        )
      }
    }
    return Self.distinct(lines).joined(separator: "\n") + "\n"
  }

  /// The texts without repetitions, in their order.
  private static func distinct(_ texts: [String]) -> [String] {
    var seen: Set<String> = []
    return texts.filter { seen.insert($0).inserted }
  }
}
