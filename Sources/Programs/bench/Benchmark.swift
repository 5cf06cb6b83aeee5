internal import Arguments
internal import JSON

/// A benchmark: how it is typed, and how it runs from what was typed.
struct Benchmark: Sendable {
  let syntax: CommandSyntax
  /// Returns what is printed.
  let run: @Sendable (ArgumentValues) throws -> String

  /// A benchmark that prints JSON.
  init(_ syntax: CommandSyntax, run: @escaping @Sendable (ArgumentValues) throws -> JSONValue) {
    self.syntax = syntax
    self.run = { try run($0).text(.indented) }
  }

  /// A benchmark that prints text of its own.
  init(_ syntax: CommandSyntax, printing run: @escaping @Sendable (ArgumentValues) throws -> String)
  {
    self.syntax = syntax
    self.run = run
  }
}

/// The Python and the scripts that measure the peers on the same data.
struct Peers: Sendable {
  let python: String
  let folder: String

  static let options: [CommandSyntax.Option] = [
    .init("--peer-python", "PATH", "A Python with scikit-learn; without it no peer runs."),
    .init(
      "--peers", "FOLDER", "The folder of the peers' scripts.",
      default: "Sources/Programs/scripts/peers"),
  ]

  /// The peers that the command line names; nil when it names no Python.
  init?(_ values: ArgumentValues) {
    guard let python = values.text("--peer-python") else { return nil }
    self.python = python
    folder = values.text("--peers") ?? "Sources/Programs/scripts/peers"
  }
}
