import Arguments
import Testing

@Suite struct ProgramSyntaxTests {
  let program = ProgramSyntax(
    "lab", version: "1.2", "A lab.",
    commands: [
      CommandSyntax(
        "train", "Train a model.", operands: [.init("NAME", "name of the model")],
        options: [
          .init("--seed", "N", "Seed.", default: "7"), .init(switch: "--json", "Print JSON."),
        ], examples: ["lab train fraud"]),
      CommandSyntax("db init", "Make the tables."),
    ])

  private func values(_ arguments: String...) throws -> ArgumentValues {
    guard case .run(let values) = try program.request(for: arguments) else {
      throw UsageError("not a command")
    }
    return values
  }

  @Test func `options, switches and operands mix in any order`() throws {
    let values = try values("train", "--json", "fraud", "--seed=11")
    #expect(values.required("NAME") == "fraud")
    #expect(try values.integer("--seed") == 11)
    #expect(values.isOn("--json"))
    #expect(try self.values("train", "--seed", "3", "--", "--odd").required("NAME") == "--odd")
  }

  @Test func `a name of two words selects its command`() throws {
    #expect(try values("db", "init").commandName == "db init")
  }

  @Test(arguments: [
    (["train"], "NAME is missing"), (["train", "a", "b"], "one argument too many: b"),
    (["train", "a", "--sed", "1"], "did you mean --seed?"),
    (["train", "a", "--seed"], "needs a value"),
    (["trian", "a"], "did you mean train?"), (["db"], "needs one of: db init"),
    (["train", "a", "--seed", "1", "--seed", "2"], "given twice"),
    (["train", "a", "--json=yes"], "takes no value"),
  ])
  func `a wrong line says what would be right`(arguments: [String], message: String) {
    let error = #expect(throws: UsageError.self) { try program.request(for: arguments) }
    #expect(error?.description.contains(message) == true)
  }

  @Test func `a value of the wrong kind names the option and its kind`() throws {
    let values = try values("train", "fraud", "--seed", "many")
    let error = #expect(throws: UsageError.self) { try values.integer("--seed", in: 1...9) }
    #expect(error?.description == "--seed takes a whole number from 1 to 9, not \"many\"")
  }

  @Test func `help lists what there is`() throws {
    guard case .print(let page) = try program.request(for: ["train", "--help"]) else {
      Issue.record("no help")
      return
    }
    #expect(page.contains("Usage: lab train NAME [options]"))
    #expect(page.contains("--seed N"))
    #expect(page.contains("(default: 7)"))
    guard case .print(let overview) = try program.request(for: []) else {
      Issue.record("no overview")
      return
    }
    #expect(overview.contains("db init"))
  }
}
