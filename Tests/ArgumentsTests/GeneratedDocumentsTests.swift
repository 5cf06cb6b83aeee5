import Arguments
import Testing

@Suite struct GeneratedDocumentsTests {
  private let program = ProgramSyntax(
    "lab", version: "2", "Lab: does the work.",
    commands: [
      CommandSyntax(
        "db init", "Makes tables.", options: [.init("--source", "FILE", "Where.", default: "a-b")],
        examples: ["lab db init"]),
      CommandSyntax("db drop", "Removes tables."),
      CommandSyntax(
        "train", "Trains \\ 'all'.", operands: [.init("NAME", "which", isRequired: false)],
        options: [.init(switch: "--json", "As JSON.")]),
    ])

  @Test func `the manual names every command, option and exit code`() {
    let page = program.manual()
    for text in [
      ".TH LAB 1", "lab \\- does the work", ".SS db init [options]", "\\fB\\-\\-source\\fR",
      "(default: a\\-b)", ".SS train [NAME] [options]", "Trains \\e 'all'.", ".B 5",
    ] {
      #expect(page.contains(text), "\(text)")
    }
  }

  @Test(arguments: ProgramSyntax.Shell.allCases)
  func `completions know commands and options`(shell: ProgramSyntax.Shell) {
    let script = program.completions(for: shell)
    for text in ["init", "drop", "train", "source", "json"] { #expect(script.contains(text)) }
  }

  @Test func `the program prints them`() throws {
    guard case .print(let page) = try program.request(for: ["--manual"]) else {
      Issue.record("no page")
      return
    }
    #expect(page == program.manual())
    #expect(throws: UsageError.self) { try program.request(for: ["--completions", "tcsh"]) }
  }
}
