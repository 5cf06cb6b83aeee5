internal import Arguments
internal import Glibc
internal import JSON
internal import Terminal

let syntax = ProgramSyntax(
  "bench", version: "1", "Benchmarks with fixed seeds and sizes; prints JSON.",
  commands: [
    CommandSyntax(
      "forest", "Isolation Forest: fit, threshold, scores and single rows beside the peers.",
      options: [
        .init("--rows", "N", "Rows of the table.", default: "1000000"),
        .init("--columns", "N", "Columns of the table.", default: "30"),
        .init("--repetitions", "N", "Runs whose median is taken.", default: "5"),
        .init("--seed", "N", "Seed of the table and the forest.", default: "1"),
        .init("--peer-python", "PATH", "A Python with scikit-learn; without it no peer runs."),
        .init(
          "--peers", "FOLDER", "The folder of the peers' scripts.",
          default: "Sources/Programs/scripts/peers"),
      ])
  ])

do {
  switch try syntax.request(for: Array(CommandLine.arguments.dropFirst())) {
  case .print(let text):
    Terminal.print(text)
  case .run(let values):
    let folder = values.text("--peers") ?? "Sources/Programs/scripts/peers"
    let report = try ForestBenchmark(
      rowCount: values.integer("--rows", in: 1000...100_000_000) ?? 1_000_000,
      columnCount: values.integer("--columns", in: 1...10_000) ?? 30,
      repetitions: values.integer("--repetitions", in: 1...1000) ?? 5,
      seed: UInt64(values.integer("--seed") ?? 1),
      peers: values.text("--peer-python").map { (python: $0, folder: folder) }
    ).run()
    Terminal.print(report.text(.indented))
  }
} catch let error as UsageError {
  Terminal.report("bench: \(error)")
  exit(ExitCode.usage.rawValue)
} catch {
  Terminal.report("bench: \(error)")
  exit(ExitCode.bug.rawValue)
}
