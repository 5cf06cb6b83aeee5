internal import Arguments

/// A command: how it is typed and what it does, side by side.
struct LabEntry: Sendable {
  let syntax: CommandSyntax
  private let body: @Sendable (LabCommand) throws -> ExitCode

  /// A command that ends well unless it throws.
  init(_ syntax: CommandSyntax, _ body: @escaping @Sendable (LabCommand) -> () throws -> Void) {
    self.syntax = syntax
    self.body = { command in
      try body(command)()
      return .success
    }
  }

  /// A command that decides its exit code.
  init(_ syntax: CommandSyntax, _ body: @escaping @Sendable (LabCommand) -> () throws -> ExitCode) {
    self.syntax = syntax
    self.body = { try body($0)() }
  }

  func run(_ command: LabCommand) throws -> ExitCode { try body(command) }
}
