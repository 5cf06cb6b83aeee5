internal import Arguments
internal import Glibc
internal import JSON
internal import Terminal

/// Every benchmark; each stands in a file of its own.
let benchmarks: [Benchmark] = [
  ForestBenchmark.benchmark,
  SigmaBenchmark.benchmark,
  DetectionQuality.benchmark,
  EnsembleQuality.benchmark,
  FraudQuality.benchmark,
  SeriesQuality.numenta,
  SeriesQuality.volume,
  RegistryBenchmark.benchmark,
  EvaluationBenchmark.benchmark,
  PullBenchmark.benchmark,
  FeatureBenchmark.benchmark,
  ForestMemoryBenchmark.benchmark,
  ShardBenchmark.benchmark,
]

let syntax = ProgramSyntax(
  "bench", version: "1",
  "Benchmarks with fixed seeds and sizes: times as JSON, quality as a table.",
  commands: benchmarks.map(\.syntax))

do {
  switch try syntax.request(for: Array(CommandLine.arguments.dropFirst())) {
  case .print(let text): Terminal.print(text)
  case .run(let values):
    for benchmark in benchmarks where benchmark.syntax.name == values.commandName {
      Terminal.print(try benchmark.run(values))
    }
  }
} catch let error as UsageError {
  Terminal.report("bench: \(error)")
  exit(ExitCode.usage.rawValue)
} catch {
  Terminal.report("bench: \(error)")
  exit(ExitCode.bug.rawValue)
}
