import Subprocess
import Testing

@Suite struct SubprocessTests {
  @Test func `Input of many pipe buffers comes back whole`() throws {
    let input = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let outcome = try Subprocess(path: "/bin/cat").run(input: input)
    #expect(outcome.exitCode == 0 && outcome.signal == 0)
    #expect(outcome.output == input)
    #expect(outcome.errorOutput.isEmpty)
  }

  @Test func `A program that does not read its input does no harm`() throws {
    let input = [UInt8](repeating: 1, count: 1_000_000)
    #expect(try Subprocess(path: "/bin/true").run(input: input).exitCode == 0)
  }

  @Test func `Arguments reach the program untouched by a shell`() throws {
    let arguments = ["a b", "$HOME", "`id`", "é;|&"]
    let outcome = try Subprocess(path: "/usr/bin/printf", arguments: ["%s\n"] + arguments).run()
    #expect(
      String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")
        == arguments.map { Substring($0) })
  }

  @Test func `The environment is what was given and nothing else`() throws {
    let outcome = try Subprocess(path: "/usr/bin/env", environment: ["A=1", "B=2"]).run()
    #expect(String(decoding: outcome.output, as: UTF8.self) == "A=1\nB=2\n")
  }

  @Test func `No open file of this process reaches the program`() throws {
    let outcome = try Subprocess(path: "/bin/ls", arguments: ["/proc/self/fd"]).run()
    // Three standard streams, and the folder that `ls` itself has open.
    #expect(String(decoding: outcome.output, as: UTF8.self) == "0\n1\n2\n3\n")
  }

  @Test func `Exit code, signal and error output are told apart`() throws {
    let failed = try Subprocess(path: "/bin/sh", arguments: ["-c", "echo no >&2; exit 7"]).run()
    #expect(failed.exitCode == 7 && failed.signal == 0)
    #expect(failed.errorOutput == Array("no\n".utf8))
    let killed = try Subprocess(path: "/bin/sh", arguments: ["-c", "kill -9 $$"]).run()
    #expect(killed.exitCode == -1 && killed.signal == 9)
  }

  @Test func `A program that hangs is stopped`() {
    let program = Subprocess(path: "/bin/sleep", arguments: ["30"], secondsAllowed: 0.1)
    #expect(throws: SubprocessError.timedOut(program: "/bin/sleep", seconds: 0.1)) {
      try program.run()
    }
  }

  @Test func `A program that writes without end is stopped`() {
    let program = Subprocess(path: "/usr/bin/yes", outputByteLimit: 1 << 20)
    #expect(throws: SubprocessError.outputTooLarge(program: "/usr/bin/yes", byteLimit: 1 << 20)) {
      try program.run()
    }
  }

  @Test func `A missing program is named with the places that were searched`() throws {
    #expect(
      throws: SubprocessError.programNotFound(name: "no-such-program", searchPath: "/bin:/usr/bin")
    ) {
      try Subprocess.locate("no-such-program", searchPath: "/bin:/usr/bin")
    }
    #expect(try Subprocess.locate("cat", searchPath: "/nowhere:/bin") == "/bin/cat")
    #expect(throws: SubprocessError.self) { try Subprocess(path: "/nowhere/cat").run() }
  }
}
