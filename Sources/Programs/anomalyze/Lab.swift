internal import Arguments
internal import Glibc
internal import Pipeline
internal import Terminal

/// The program: finds the command, runs it, and turns errors into one line and an exit code.
@main
enum Lab {
  static func main() {
    ProcessLimits.failOversizedWrites()
    let code: ExitCode
    do {
      switch try LabSyntax.program.request(for: Array(CommandLine.arguments.dropFirst())) {
      case .print(let text):
        Terminal.print(text)
        code = .success
      case .run(let values):
        code = try LabSyntax.run(values)
      }
    } catch {
      Terminal.report("anomalyze: \(Failure.message(of: error))")
      code = Failure.exitCode(of: error)
    }
    exit(code.rawValue)
  }
}
