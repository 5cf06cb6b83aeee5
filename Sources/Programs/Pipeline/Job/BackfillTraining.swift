internal import Files
internal import Ingestion
internal import Registry
internal import Tabular
internal import Transactions

/// Trains what runs of several past days need side by side, each day in a registry of its own, so that the runs themselves,
/// which follow one another, find their versions made.
///
/// The versions are adopted in the order of the runs and of the configuration: their numbers and bytes are those that the runs
/// would have given them alone. A day that was trained before a kill is not trained again.
struct BackfillTraining: Sendable {
  let configuration: LabConfiguration
  let context: RunContext
  /// Where the registries of the days are.
  let folder: String

  private func registryFolder(_ moment: Timestamp) -> String {
    "\(folder)/\(moment.description.filter { $0 != ":" })"
  }

  /// Trains every model as of each of `moments`, all at once; the threads are shared.
  ///
  /// What cannot be trained is left to the run, which says why.
  ///
  /// - Throws: the errors of opening the registries.
  func train(at moments: [Timestamp], on snapshot: Snapshot) throws {
    let threadCount = max(1, context.threadCount / max(1, moments.count))
    _ = try BlockParallel.map(
      count: moments.count, blockSize: 1, threadCount: moments.count
    ) { block in
      for index in block {
        let registry = try Registry(root: registryFolder(moments[index]))
        let stage = TrainingStage(
          configuration: configuration,
          context: RunContext(
            actor: context.actor, moment: moments[index], threadCount: threadCount,
            codeVersion: context.codeVersion))
        let seen = snapshot.seen(asOf: moments[index])
        for model in configuration.models {
          guard
            let split = try? PeriodSelection().split(
              of: seen, at: moments[index], evaluation: configuration.evaluation)
          else { continue }
          _ = try? stage.run(model, on: seen, split: split, registry: registry)
        }
      }
    }
  }

  /// Registers the versions of one day, unless they are known, and removes that day's registry.
  func adopt(_ moment: Timestamp, into registry: borrowing Registry) throws {
    let source = registryFolder(moment)
    guard FileSystem.exists(source) else { return }
    try Self.adopt(Registry(root: source), of: configuration, at: moment, context.actor, registry)
    try FileSystem.removeTree(source)
  }

  private static func adopt(
    _ source: consuming Registry, of configuration: LabConfiguration, at moment: Timestamp,
    _ actor: String, _ registry: borrowing Registry
  ) throws {
    for model in configuration.models {
      guard try source.models().contains(where: { $0.name == model.name }) else { continue }
      for version in try source.versions(of: model.name).sorted(by: { $0.version < $1.version }) {
        let folder = source.layout.versionFolder(model.name, version.version)
        try registry.register(
          name: model.name, parent: version.parent, tags: version.tags,
          description: version.description, by: actor, at: moment
        ) { staged in
          for path in try VersionContent(ofFilesIn: folder, name: model.name).paths {
            try staged.write(FileSystem.read("\(folder)/\(path)"), to: path)
          }
        }
      }
    }
  }
}
