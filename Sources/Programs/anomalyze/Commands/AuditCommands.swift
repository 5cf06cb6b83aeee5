internal import Arguments
internal import Files
internal import JSON
internal import Registry
internal import Terminal
internal import Transactions

extension LabCommand {
  /// What happened, and the proof that nobody altered it.
  static let auditCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax(
        "audit show", "Show who did what when and why; checks the chain.",
        operands: [.init("NAME", "name of the model; all without", isRequired: false)],
        options: [
          .config, .init("--newest", "N", "Show only the newest rows.", default: "all"), .json,
        ],
        examples: ["anomalyze audit show fraud --newest 20"]),
      LabCommand.showAudit),
    LabEntry(
      CommandSyntax(
        "audit verify", "Check that every row of the audit follows from the one before it.",
        options: [
          .config,
          .init("--file", "FILE", "An exported audit, instead of the registry's own."), .json,
        ],
        examples: ["anomalyze audit verify", "anomalyze audit verify --file audit-2026.jsonl"]),
      LabCommand.verifyAudit),
    LabEntry(
      CommandSyntax(
        "audit export", "Write the checked audit as lines of JSON; note its last hash elsewhere.",
        operands: [.init("FILE", "where it goes; a file there is replaced")],
        options: [.config, .json], examples: ["anomalyze audit export audit-2026.jsonl"]),
      LabCommand.exportAudit),
    LabEntry(
      CommandSyntax(
        "history", "Say which version an alias stood for at a moment, or list all its moves.",
        operands: [.init("NAME", "name of the model")],
        options: [
          .config, .init("--alias", "ALIAS", "The alias.", default: "champion"),
          .init("--at", "MOMENT", "Moment in UTC, such as 2026-03-01T00:00Z."), .json,
        ],
        examples: [
          "anomalyze history fraud --at 2026-03-01T00:00Z",
          "anomalyze history fraud --alias challenger",
        ]),
      LabCommand.showHistory),
  ]

  func showAudit() throws {
    let registry = try registry(configuration(), access: .readOnly)
    var rows = try registry.audit(of: values.text("NAME"))
    let head = try registry.verifyAudit()
    if let newest = try values.integer("--newest", in: 1...Int.max) { rows = rows.suffix(newest) }
    var table = TextTable(
      ["number", "moment", "actor", "action", "what", "reason"], rightAligned: [0])
    for row in rows {
      let version = row.version.map { "/\($0)" } ?? ""
      let alias = row.alias.map { " @\($0)" } ?? ""
      table.append([
        String(row.sequence), row.moment.description, row.actor, row.action.rawValue,
        "\(row.model)\(version)\(alias)", row.reason,
      ])
    }
    show(
      .array(rows.map(\.json)), table.text + "the chain of all \(head.rowCount) rows is intact\n")
  }

  func verifyAudit() throws {
    let head: AuditHead
    if let file = values.text("--file") {
      head = try Registry.checkAudit(exportedTo: file)
    } else {
      head = try registry(configuration(), access: .readOnly).verifyAudit()
    }
    show(head.json, "the chain of all \(head.rowCount) rows is intact; it ends with \(head.hash)\n")
  }

  func exportAudit() throws {
    let audit = try registry(configuration(), access: .readOnly).exportAudit()
    let path = values.required("FILE")
    try FileSystem.writeAtomically(audit.bytes, to: path)
    show(
      audit.head.json,
      "\(path) has \(audit.head.rowCount) rows; the last hash is \(audit.head.hash)\n")
  }

  func showHistory() throws {
    let registry = try registry(configuration(), access: .readOnly)
    let name = values.required("NAME")
    let alias = values.text("--alias") ?? RegistryName.champion
    let moment = try values.value("--at", "a moment such as 2026-03-01T00:00Z") {
      Timestamp(parsing: $0)
    }
    guard let moment else { return try listMoves(of: alias, name, registry) }
    let row = try registry.history(of: alias, name, at: moment)
    show(
      [
        "model": .string(name), "alias": .string(alias), "at": .string(moment.description),
        "version": row?.version.map { .integer(Int64($0)) } ?? .null, "row": row?.json ?? .null,
      ],
      row.map {
        "\(name)@\(alias) was version \($0.version ?? 0) at \(moment): moved by \($0.actor) at "
          + "\($0.moment) (audit row \($0.sequence))\n"
      } ?? "\(name)@\(alias) was not set at \(moment)\n")
  }

  private func listMoves(
    of alias: String, _ name: String, _ registry: borrowing Registry
  ) throws {
    let rows = try registry.audit(of: name, alias: alias).filter { $0.action.movesAlias }
    var table = TextTable(["number", "moment", "from", "to", "actor", "reason"], rightAligned: [0])
    for row in rows {
      table.append([
        String(row.sequence), row.moment.description, row.fromVersion.map(String.init) ?? "-",
        row.version.map(String.init) ?? "-", row.actor, row.reason,
      ])
    }
    show(
      .array(rows.map(\.json)),
      rows.isEmpty ? "\(name)@\(alias) was never set\n" : table.text)
  }
}
