internal import Arguments
internal import Files
internal import Ingestion
internal import JSON
internal import Pipeline
internal import Subprocess
internal import Terminal

extension LabCommand {
  /// What runs on each machine for one shard, and what joins the results.
  static let shardCommands: [LabEntry] =
    [
      shard(.sample, "Sample the rows of a shard by the hashes of their keys."),
      shard(.histogram, "Count the scores of a shard's rows for an exact threshold."),
      shard(.score, "Score the rows of a shard."),
      shard(.moments, "Add up the exact moments of the series in a shard."),
    ] + [
      LabEntry(
        CommandSyntax(
          "merge", "Join results of shards, in any order and grouping.",
          operands: [
            .init("FIRST", "a result of a shard or of a merge, or a folder of such files"),
            .init("SECOND", "another one", isRequired: false),
          ],
          options: [.init("--out", "FILE", "Where the joined result goes."), .json],
          examples: [
            "anomalyze merge results --out all", "anomalyze merge first second --out both",
          ]),
        LabCommand.merge)
    ]

  private static func shard(
    _ question: ShardWorker.Question, _ abstract: String
  ) -> LabEntry {
    let needsModel = question == .score || question == .histogram
    let model = CommandSyntax.Option("--model", "FOLDER", "The model folder that scores.")
    return LabEntry(
      CommandSyntax(
        "shard \(question.rawValue)", abstract,
        options: [
          .init("--plan", "FILE", "What is read and wanted, the same for all shards."),
          .init(
            "--shard", "FILE", "The shard's descriptor; - reads it from standard input.",
            default: "-"),
          .init("--out", "FILE", "Where the result goes."),
        ] + (needsModel ? [model] : []) + [.json],
        examples: [
          "anomalyze shard \(question.rawValue) --plan plan.json --shard shard-3.json"
            + (needsModel ? " --model model" : "") + " --out result-3"
        ]),
      { command in { try command.work(question) } })
  }

  private func work(_ question: ShardWorker.Question) throws {
    if let driver = Terminal.environment(ProcessTie.variable).flatMap({ Int32($0) }) {
      ProcessTie.endWith(process: driver)
    }
    guard let plan = values.text("--plan"), let output = values.text("--out") else {
      throw UsageError("--plan and --out are needed: the plan of the round and the result's file")
    }
    let path = values.text("--shard") ?? "-"
    let document: JSONValue
    do {
      document = try JSONValue(parsing: FileSystem.read(path == "-" ? "/dev/stdin" : path))
    } catch let error as JSONError {
      throw UsageError("the shard's descriptor is not JSON: \(error)")
    }
    let worker = ShardWorker(
      plan: try ShardPlan(contentsOf: plan), modelFolder: values.text("--model"),
      version: LabSyntax.version)
    let shard = try ShardDescriptor(document)
    let result = try worker.answer(question, about: shard)
    try FileSystem.writeAtomically(result, to: output)
    let peak = Terminal.peakResidentByteCount
    show(
      [
        "shard": .string(shard.name), "file": .string(output),
        "bytes": .integer(Int64(result.count)), "peak_bytes": .integer(Int64(peak)),
      ], "\(output): shard \(shard.name), \(peak >> 20) MiB of memory at most\n")
  }

  func merge() throws {
    guard let output = values.text("--out") else {
      throw UsageError("--out is missing: the file of the joined result")
    }
    var files: [String] = []
    for path in [values.required("FIRST"), values.text("SECOND")].compactMap({ $0 }) {
      files +=
        FileSystem.isDirectory(path)
        ? try FileSystem.contents(ofDirectory: path).map { "\(path)/\($0)" } : [path]
    }
    let merged = try ShardMerging.merged(files)
    try FileSystem.writeAtomically(merged, to: output)
    let (kind, shardCount) = try ShardMerging.description(of: merged)
    show(
      [
        "kind": .string(kind), "shards": .integer(Int64(shardCount)), "file": .string(output),
        "digest": .string(SHA256.digest(of: merged).hexadecimal),
      ], "\(output): \(kind) of \(grouped(shardCount)) shards\n")
  }
}
