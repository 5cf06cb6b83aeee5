/// A program with its commands.
public struct ProgramSyntax: Sendable {
  /// What a command line asks for.
  public enum Request: Sendable {
    /// Run the command with these values.
    case run(ArgumentValues)
    /// Print this text and end well.
    case print(String)
  }

  let name: String
  let version: String
  let abstract: String
  let commands: [CommandSyntax]

  /// Describes a program; one command with an empty name makes it a program without commands.
  public init(_ name: String, version: String, _ abstract: String, commands: [CommandSyntax]) {
    self.name = name
    self.version = version
    self.abstract = abstract
    self.commands = commands
  }

  /// Finds the command of `arguments` (without the program's own name) and reads its values.
  public func request(for arguments: [String]) throws(UsageError) -> Request {
    if arguments.first == "--version" { return .print("\(name) \(version)\n") }
    if arguments.first == "--manual" { return .print(manual()) }
    if arguments.first == "--completions" {
      guard arguments.count == 2, let shell = Shell(rawValue: arguments[1]) else {
        let shells = Shell.allCases.map(\.rawValue).joined(separator: ", ")
        throw UsageError("--completions needs one of: \(shells)")
      }
      return .print(completions(for: shell))
    }
    if let only = commands.first, commands.count == 1, only.name.isEmpty {
      return try request(only, arguments[...])
    }
    guard let first = arguments.first, first != "--help", first != "help" else {
      let asked = arguments.dropFirst().joined(separator: " ")
      if let command = commands.first(where: { $0.name == asked }) {
        return .print(command.help(program: name))
      }
      return .print(overview())
    }
    // A name of two words wins over one of a single word: `db init` before `db`.
    for wordCount in [2, 1] {
      let words = arguments.prefix(wordCount).joined(separator: " ")
      if let command = commands.first(where: { $0.name == words }) {
        return try request(command, arguments.dropFirst(wordCount))
      }
    }
    let group = commands.filter { $0.name.hasPrefix(first + " ") }
    if !group.isEmpty {
      throw UsageError("\(first) needs one of: \(group.map(\.name).joined(separator: ", "))")
    }
    let closest = closestName(to: first, among: commands.map(\.name))
    throw UsageError(
      "unknown command \(first)" + (closest.map { "; did you mean \($0)?" } ?? "")
        + " (\(name) --help lists them)")
  }

  private func request(
    _ command: CommandSyntax, _ arguments: ArraySlice<String>
  ) throws(UsageError) -> Request {
    let ownArguments = arguments.prefix { $0 != "--" }
    if ownArguments.contains("--help") || ownArguments.contains("-h") {
      return .print(command.help(program: name))
    }
    return .run(try ArgumentValues(parsing: Array(arguments), as: command))
  }

  private func overview() -> String {
    """
    \(abstract)

    Usage: \(name) COMMAND [options]

    Commands:
    \(aligned(commands.map { ($0.name, $0.abstract) }))
    \(name) COMMAND --help explains a command; \(name) --version prints the version,
    --manual the manual page and --completions bash|zsh|fish what a shell needs to complete commands.

    """
  }
}

extension ArgumentValues {
  /// The name of the command that the values belong to.
  public var commandName: String { syntax.name }
}
