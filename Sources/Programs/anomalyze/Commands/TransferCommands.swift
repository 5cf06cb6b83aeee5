internal import Arguments
internal import Distribution
internal import JSON
internal import Pipeline
internal import Registry
internal import Terminal
internal import Transactions

extension LabCommand {
  /// Versions that leave the registry and come in.
  static let transferCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax(
        "models export", "Copy a version to a folder or into one file, NAME.tar.zst.",
        operands: [
          .init("MODEL", "NAME, NAME@ALIAS or NAME/VERSION"),
          .init("DESTINATION", "a new folder, or a file that ends in .tar.zst"),
        ],
        options: [.config, .json],
        examples: [
          "anomalyze models export fraud@champion fraud.tar.zst",
          "anomalyze models export fraud/3 /tmp/fraud-3",
        ]),
      LabCommand.exportVersion),
    LabEntry(
      CommandSyntax(
        "models import", "Register the version in an exported file or folder.",
        operands: [.init("SOURCE", "a file that ends in .tar.zst, or a folder")],
        options: [
          .config, .init("--as", "NAME", "Model that gets it.", default: "its name in the file"),
          .init("--expect", "DIGEST", "Refuse any other content."), .json,
        ],
        examples: [
          "anomalyze models import fraud.tar.zst",
          "anomalyze models import /tmp/fraud-3 --as fraud",
        ]),
      LabCommand.importVersion),
    LabEntry(
      CommandSyntax(
        "models push", "Copy a version to an S3-compatible store, where it never changes.",
        operands: [
          .init("MODEL", "NAME, NAME@ALIAS or NAME/VERSION"),
          .init("LOCATION", "s3://BUCKET/PREFIX; the usual AWS_… variables say how it is reached"),
        ],
        options: [.config, .json],
        examples: ["anomalyze models push fraud@champion s3://models/production"]),
      LabCommand.pushVersion),
    LabEntry(
      CommandSyntax(
        "models pull", "Register a version of an S3-compatible store.",
        operands: [
          .init("MODEL", "NAME/VERSION, or NAME for the newest"),
          .init("LOCATION", "s3://BUCKET/PREFIX"),
        ],
        options: [
          .config, .init("--as", "NAME", "Model that gets it here.", default: "the same name"),
          .init("--expect", "DIGEST", "Refuse any other content."), .json,
        ],
        examples: [
          "AWS_ENDPOINT_URL=http://127.0.0.1:9000 anomalyze models pull fraud s3://models/production"
        ]),
      LabCommand.pullVersion),
    LabEntry(
      CommandSyntax(
        "models remote", "List the models and versions of an S3-compatible store.",
        operands: [.init("LOCATION", "s3://BUCKET/PREFIX")], options: [.json],
        examples: ["anomalyze models remote s3://models/production"]),
      LabCommand.listRemote),
    LabEntry(
      CommandSyntax(
        "push mlflow", "Register a version on an MLflow tracking server, with figures and aliases.",
        operands: [
          .init("MODEL", "NAME, NAME@ALIAS or NAME/VERSION"),
          .init("URL", "address of the server; MLFLOW_TRACKING_TOKEN says who asks"),
        ],
        options: [.config, .json],
        examples: ["anomalyze push mlflow fraud@champion http://127.0.0.1:5000"]),
      LabCommand.pushToMLflow),
  ]

  func pushToMLflow() throws {
    let registry = try registry(configuration(), access: .readOnly)
    let push = try MLflowServer(url: values.required("URL"), environment: Terminal.environment)
      .push(ModelReference(parsing: values.required("MODEL")), of: registry, at: now)
    let reference = "\(push.version.name)/\(push.version.version)"
    show(
      [
        "version": .string(reference), "digest": .string(push.version.digest),
        "mlflow_version": .string(push.remoteVersion), "new": .bool(push.isNew),
      ],
      "\(reference) is version \(push.remoteVersion) of models:/\(push.version.name) there"
        + (push.isNew ? "\n" : " already\n"))
  }

  func exportVersion() throws {
    let registry = try registry(configuration(), access: .readOnly)
    let reference = try ModelReference(parsing: values.required("MODEL"))
    let destination = values.required("DESTINATION")
    let version =
      destination.hasSuffix(Self.archiveSuffix)
      ? try VersionArchive.write(reference, of: registry, to: destination)
      : try registry.export(reference, to: destination)
    show(
      [
        "version": .string("\(version.name)/\(version.version)"), "digest": .string(version.digest),
        "destination": .string(destination),
      ], "\(version.name)/\(version.version) is copied to \(destination)\n")
  }

  func importVersion() throws {
    let registry = try registry(configuration())
    let context = try context()
    let source = values.required("SOURCE")
    let registration: Registration
    if source.hasSuffix(Self.archiveSuffix) {
      registration = try VersionArchive.register(
        from: source, in: registry, as: values.text("--as"), expecting: values.text("--expect"),
        by: context.actor, at: context.moment)
    } else {
      guard let name = values.text("--as") else {
        throw UsageError("--as is missing: a folder does not say which model it belongs to")
      }
      registration = try registry.importVersion(
        of: name, from: source, expecting: values.text("--expect"), by: context.actor,
        at: context.moment)
    }
    show(registration)
  }

  func pushVersion() throws {
    let registry = try registry(configuration(), access: .readOnly)
    let store = try remoteStore()
    let push = try store.push(ModelReference(parsing: values.required("MODEL")), of: registry)
    let reference = "\(push.version.name)/\(push.version.version)"
    show(
      [
        "version": .string(reference), "digest": .string(push.version.digest),
        "new": .bool(push.isNew), "location": .string(store.location.description),
        "sent_files": .integer(Int64(push.sentCount)),
        "sent_bytes": .integer(Int64(push.sentByteCount)),
      ],
      push.isNew
        ? "\(reference) is in \(store.location): \(push.sentCount) files, "
          + "\(grouped(push.sentByteCount)) bytes sent\n"
        : "\(reference) is in \(store.location) already\n")
  }

  func pullVersion() throws {
    let reference = try ModelReference(parsing: values.required("MODEL"))
    let number: Int?
    switch reference.selector {
    case .version(let version): number = version
    case .alias(RegistryName.champion) where !values.required("MODEL").contains("@"): number = nil
    default: throw UsageError("a remote store has no aliases; give NAME/VERSION, or NAME")
    }
    let configuration = try configuration()
    let registry = try registry(configuration)
    let context = try context()
    show(
      try remoteStore().pull(
        reference.name, number, into: registry, as: values.text("--as"),
        expecting: values.text("--expect"),
        through: "\(configuration.registryFolder)/.incoming", by: context.actor,
        at: context.moment))
  }

  func listRemote() throws {
    let store = try remoteStore()
    var table = TextTable(["model", "versions"])
    var documents: [JSONValue] = []
    for name in try store.models() {
      let versions = try store.versions(of: name)
      table.append([name, versions.map(String.init).joined(separator: " ")])
      documents.append([
        "model": .string(name), "versions": .array(versions.map { .integer(Int64($0)) }),
      ])
    }
    show(
      .array(documents),
      documents.isEmpty ? "no versions in \(store.location)\n" : table.text)
  }

  private static let archiveSuffix = ".tar.zst"

  private func remoteStore() throws -> RemoteStore {
    RemoteStore(
      try S3Location(parsing: values.required("LOCATION")),
      access: try S3Access(environment: Terminal.environment),
      now: { Timestamp(microseconds: Terminal.wallClockMicroseconds) })
  }

  private func show(_ registration: Registration) {
    show(
      [
        "version": .integer(Int64(registration.version)), "digest": .string(registration.digest),
        "new": .bool(registration.isNew), "folder": .string(registration.folder),
      ],
      "\(registration.folder) "
        + (registration.isNew ? "is registered\n" : "has exactly this content already\n"))
  }
}
