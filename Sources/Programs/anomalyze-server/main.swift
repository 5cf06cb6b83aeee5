internal import Arguments
internal import Glibc
internal import Terminal

do {
  switch try ServerOptions.syntax.request(for: Array(CommandLine.arguments.dropFirst())) {
  case .print(let text): Terminal.print(text)
  case .run(let values): try ServerProcess(ServerOptions(values)).run()
  }
} catch {
  Terminal.report("anomalyze-server: \(error)")
  exit(exitCode(of: error).rawValue)
}
