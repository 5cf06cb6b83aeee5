internal import Arguments
internal import JSON
internal import Pipeline
internal import Promotion
internal import Registry
internal import Terminal
internal import Transactions

extension LabCommand {
  /// Comparing, finding, describing and retiring versions.
  static let versionCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax(
        "models diff", "Compare two versions: files, parameters, figures, data.",
        operands: [
          .init("FIRST", "NAME, NAME@ALIAS or NAME/VERSION"),
          .init("SECOND", "the version to compare it with"),
        ],
        options: [.config, .json],
        examples: ["anomalyze models diff fraud@champion fraud@candidate"]),
      LabCommand.showDifference),
    LabEntry(
      CommandSyntax(
        "models search", "Find versions by metric, tag and text; every condition must hold.",
        operands: [.init("TEXT", "text in the description or a tag", isRequired: false)],
        options: [
          .config, .init("--model", "NAME", "Search one model.", default: "all"),
          .init("--metric", "CONDITION,…", "Such as average_precision>=0.3,area_under_roc>=0.9."),
          .init("--tag", "NAME=VALUE,…", "Tags with their values."), .json,
        ],
        examples: [
          "anomalyze models search --metric 'average_precision>=0.3' --tag detector=gaussian",
          "anomalyze models search 'after the migration' --model fraud",
        ]),
      LabCommand.search),
    LabEntry(
      CommandSyntax(
        "models tag", "Set and remove tags of a version; its files are not touched.",
        operands: [.init("MODEL", "NAME, NAME@ALIAS or NAME/VERSION")],
        options: [
          .config, .init("--set", "NAME=VALUE,…", "Tags to set."),
          .init("--remove", "NAME,…", "Tags to remove."), .json,
        ],
        examples: ["anomalyze models tag fraud/3 --set team=risk,season=spring --remove draft"]),
      LabCommand.tag),
    LabEntry(
      CommandSyntax(
        "models describe", "Replace the description of a version; its files are not touched.",
        operands: [
          .init("MODEL", "NAME, NAME@ALIAS or NAME/VERSION"), .init("TEXT", "the description"),
        ],
        options: [.config, .json],
        examples: ["anomalyze models describe fraud/3 'first model after the migration'"]),
      LabCommand.describe),
    LabEntry(
      CommandSyntax(
        "gc", "Remove the files of old versions; records stay and numbers are never given again.",
        operands: [.init("NAME", "name of the model; all without", isRequired: false)],
        options: [
          .config, .init("--keep", "N", "How many of the newest versions stay.", default: "10"),
          .init(
            switch: "--keep-aliased",
            "Keep what an alias stands for, and its parents: always so, the switch only says it."),
          .init("--younger-than", "SPAN", "Keep also what is younger, such as 90d."),
          .init("--reason", "TEXT", "Why, for the audit trail."),
          .init(switch: "--dry-run", "Say what would go and change nothing."), .json,
        ],
        examples: ["anomalyze gc fraud --keep 10 --keep-aliased --dry-run"]),
      LabCommand.collect),
  ]

  func showDifference() throws {
    let registry = try registry(configuration(), access: .readOnly)
    let references = try ["FIRST", "SECOND"].map {
      try ModelReference(parsing: values.required($0))
    }
    let difference = try registry.difference(references[0], references[1])
    var table = TextTable(["document", "value", "first", "second"])
    for change in difference.changes {
      table.append([
        change.document, change.path, Self.brief(change.first), Self.brief(change.second),
      ])
    }
    var text = difference.changes.isEmpty ? "" : table.text
    for (title, files) in [
      ("only in \(references[0])", difference.onlyInFirst),
      ("only in \(references[1])", difference.onlyInSecond),
      ("files that differ", difference.changedFiles),
    ] where !files.isEmpty {
      text += "\(title): \(files.joined(separator: ", "))\n"
    }
    show(difference.json, text.isEmpty ? "both have the same content\n" : text)
  }

  private static func brief(_ value: JSONValue?) -> String {
    guard let value else { return "-" }
    if case .number(let number) = value { return fixed(number) }
    let text = value.stringValue ?? value.text()
    return text.count > 40 ? text.prefix(39) + "…" : text
  }

  func search() throws {
    let requirements = try values.value(
      "--metric", "conditions such as average_precision>=0.3 joined by commas"
    ) { text in
      Self.list(text) { MetricRequirement(parsing: $0) }
    }
    let registry = try registry(configuration(), access: .readOnly)
    let found = try registry.versions(
      matching: VersionQuery(
        model: values.text("--model"), text: values.text("TEXT"), tags: tags("--tag") ?? [:]))
    var table = versionTable()
    var documents: [JSONValue] = []
    for version in found {
      let metrics = try Self.metrics(registry.layout.versionFolder(version.model, version.version))
      guard (requirements ?? []).allSatisfy({ $0.isMet(by: metrics) }) else { continue }
      append(version, metrics, try registry.aliases(of: version.model), to: &table)
      documents.append(Self.document(of: version, metrics))
    }
    show(.array(documents), documents.isEmpty ? "no version matches\n" : table.text)
  }

  func tag() throws {
    let removed = values.text("--remove").map { $0.split(separator: ",").map(String.init) } ?? []
    let set = try tags("--set") ?? [:]
    guard !removed.isEmpty || !set.isEmpty else {
      throw UsageError("nothing to do: give --set NAME=VALUE or --remove NAME")
    }
    let registry = try registry(configuration())
    let resolved = try registry.resolve(values.required("MODEL"))
    let present = try registry.version(resolved.name, resolved.version).tags
    if let unknown = removed.first(where: { present[$0] == nil }) {
      throw UsageError("\(resolved.name)/\(resolved.version) has no tag \(unknown)")
    }
    let tags = present.filter { !removed.contains($0.key) }.merging(set) { $1 }
    try note(resolved, registry, tags: tags)
  }

  func describe() throws {
    let registry = try registry(configuration())
    let resolved = try registry.resolve(values.required("MODEL"))
    try note(resolved, registry, description: values.required("TEXT"))
  }

  private func note(
    _ resolved: ResolvedVersion, _ registry: borrowing Registry, tags: [String: String]? = nil,
    description: String? = nil
  ) throws {
    let context = try context()
    try registry.describe(
      resolved.name, resolved.version, tags: tags, description: description, by: context.actor,
      at: context.moment)
    let version = try registry.version(resolved.name, resolved.version)
    let tags = version.tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    show(
      version.json,
      "\(resolved.name)/\(resolved.version)  \(tags.joined(separator: " "))\n\(version.description)\n"
    )
  }

  /// The tags of an option, `NAME=VALUE,…`.
  private func tags(_ option: String) throws -> [String: String]? {
    try values.value(option, "NAME=VALUE pairs joined by commas") { text in
      Self.list(text) { pair in
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[0].isEmpty ? (String(parts[0]), String(parts[1])) : nil
      }
    }.map { Dictionary($0, uniquingKeysWith: { $1 }) }
  }

  /// The elements of a list joined by commas; `nil` unless all can be read.
  private static func list<Element>(
    _ text: String, _ parse: (String) -> Element?
  ) -> [Element]? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let elements = parts.compactMap(parse)
    return elements.count == parts.count ? elements : nil
  }

  func collect() throws {
    let policy = RetentionPolicy(
      newestCount: try values.integer("--keep", in: 1...Int(Int32.max)) ?? 10,
      age: try values.value("--younger-than", "a time span such as 90d") { TimeSpan(parsing: $0) })
    let isDryRun = values.isOn("--dry-run")
    let registry = try registry(configuration(), access: isDryRun ? .readOnly : .readWrite)
    let context = try context()
    let names =
      if let name = values.text("NAME") { [name] } else { try registry.models().map(\.name) }
    var text = ""
    var documents: [JSONValue] = []
    for name in names {
      let retention =
        isDryRun
        ? try registry.retention(of: name, policy, at: context.moment)
        : try registry.collect(
          name, policy, by: context.actor, reason: values.text("--reason") ?? "",
          at: context.moment)
      let versions = retention.removed.map { String($0.version) }
      text +=
        versions.isEmpty
        ? "\(name): nothing to remove\n"
        : "\(name): \(isDryRun ? "would remove" : "removed") \(versions.joined(separator: ", ")), "
          + "\(grouped(retention.byteCount)) bytes\n"
      for kept in retention.kept { text += "  keeps \(kept.version): \(kept.reason)\n" }
      var document = retention.json.objectValue ?? [:]
      document["model"] = .string(name)
      document["dry_run"] = .bool(isDryRun)
      documents.append(.object(document))
    }
    show(.array(documents), text)
  }
}
