internal import Arguments
internal import Glibc
internal import JSON
internal import Terminal

let peerOptions: [CommandSyntax.Option] = [
  .init("--peer-python", "PATH", "A Python with scikit-learn; without it no peer runs."),
  .init(
    "--peers", "FOLDER", "The folder of the peers' scripts.",
    default: "Sources/Programs/scripts/peers"),
]

let syntax = ProgramSyntax(
  "bench", version: "1", "Benchmarks with fixed seeds and sizes; prints JSON.",
  commands: [
    CommandSyntax(
      "forest", "Isolation Forest: fit, threshold, scores and single rows beside the peers.",
      options: [
        .init("--rows", "N", "Rows of the table.", default: "1000000"),
        .init("--columns", "N", "Columns of the table.", default: "30"),
        .init("--split", "RULE", "axis, extended or fair-cut.", default: "axis"),
        .init("--ndim", "N", "Features that an extended split combines.", default: "2"),
        .init("--repetitions", "N", "Runs whose median is taken.", default: "5"),
        .init("--seed", "N", "Seed of the table and the forest.", default: "1"),
      ] + peerOptions),
    CommandSyntax(
      "sigma", "3-sigma: many series at once, Gaussian fit and scores, single points.",
      options: [
        .init("--series", "N", "How many series.", default: "100000"),
        .init("--points", "N", "Points of each series.", default: "200"),
        .init("--rows", "N", "Rows of the Gaussian's table.", default: "1000000"),
        .init("--columns", "N", "Columns of the Gaussian's table.", default: "30"),
        .init("--repetitions", "N", "Runs whose median is taken.", default: "5"),
        .init("--seed", "N", "Seed of the numbers.", default: "1"),
      ] + peerOptions),
    CommandSyntax(
      "quality", "Isolation Forest: AUROC and average precision on labelled tables.",
      operands: [
        .init("FOLDER", "Gzipped CSV files whose last column, label, is 1 for an anomaly.")
      ],
      options: [.init("--seeds", "N", "Seeds whose mean is taken.", default: "5")] + peerOptions),
  ])

/// Runs the benchmark that was asked for.
func report(_ values: ArgumentValues) throws -> JSONValue {
  let scripts = values.text("--peers") ?? "Sources/Programs/scripts/peers"
  let peers = values.text("--peer-python").map { (python: $0, folder: scripts) }
  if values.commandName == "quality" {
    return try QualityBenchmark(
      folder: values.required("FOLDER"), seedCount: values.integer("--seeds", in: 1...100) ?? 5,
      peers: peers
    ).run()
  }
  if values.commandName == "sigma" {
    return try SigmaBenchmark(
      seriesCount: values.integer("--series", in: 1...10_000_000) ?? 100_000,
      pointCount: values.integer("--points", in: 24...1_000_000) ?? 200,
      rowCount: values.integer("--rows", in: 1000...100_000_000) ?? 1_000_000,
      columnCount: values.integer("--columns", in: 1...10_000) ?? 30,
      repetitions: values.integer("--repetitions", in: 1...1000) ?? 5,
      seed: UInt64(values.integer("--seed") ?? 1), peers: peers
    ).run()
  }
  let dimensions = try values.integer("--ndim", in: 1...1000) ?? 2
  let split: ForestBenchmark.Split? = try values.value("--split", "axis, extended or fair-cut") {
    switch $0 {
    case "axis": .axis
    case "extended": .extended(dimensions: dimensions)
    case "fair-cut": .fairCut
    default: nil
    }
  }
  return try ForestBenchmark(
    rowCount: values.integer("--rows", in: 1000...100_000_000) ?? 1_000_000,
    columnCount: values.integer("--columns", in: 1...10_000) ?? 30,
    split: split ?? .axis,
    repetitions: values.integer("--repetitions", in: 1...1000) ?? 5,
    seed: UInt64(values.integer("--seed") ?? 1), peers: peers
  ).run()
}

do {
  switch try syntax.request(for: Array(CommandLine.arguments.dropFirst())) {
  case .print(let text): Terminal.print(text)
  case .run(let values): Terminal.print(try report(values).text(.indented))
  }
} catch let error as UsageError {
  Terminal.report("bench: \(error)")
  exit(ExitCode.usage.rawValue)
} catch {
  Terminal.report("bench: \(error)")
  exit(ExitCode.bug.rawValue)
}
