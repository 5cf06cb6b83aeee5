internal import Arguments
internal import Files
internal import JSON
internal import Pipeline
internal import Registry
internal import Signatures
internal import Transactions

extension LabCommand {
  /// Vouching for the content of a version.
  static let approvalCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax(
        "approve", "Approve the present content of a version, for gates that ask for approvals.",
        operands: [.init("MODEL", "NAME, NAME@ALIAS or NAME/VERSION")],
        options: [
          .config, .init("--by", "WHO", "Who approves.", default: "the user"),
          .init("--comment", "TEXT", "What was looked at; kept in the audit."), .json,
        ],
        examples: ["anomalyze approve fraud/3 --by risk-officer --comment 'report read'"]),
      LabCommand.approve),
    LabEntry(
      CommandSyntax(
        "sign", "Sign every file of a version (OpenSSF model signing, ECDSA P-256).",
        operands: [.init("MODEL", "NAME, NAME@ALIAS or NAME/VERSION")],
        options: [
          .config,
          .init(
            "--key", "FILE", "Private key in PEM form (openssl ecparam -name prime256v1 -genkey)."),
          .json,
        ],
        examples: [
          "anomalyze sign fraud/3 --key release.pem",
          "model_signing verify key artifacts/models/fraud/3 --signature artifacts/models/fraud/3.sig "
            + "--public_key release.pub.pem",
        ]),
      LabCommand.sign),
  ]

  func approve() throws {
    let registry = try registry(configuration())
    let version = try registry.resolve(values.required("MODEL"))
    let context = try context()
    let row = try registry.approve(
      version.name, version.version, by: values.text("--by") ?? context.actor,
      comment: values.text("--comment") ?? "", at: context.moment)
    let approvers = try Set(registry.approvals(of: version.name, version.version).map(\.actor))
    show(
      [
        "version": .string("\(version.name)/\(version.version)"), "by": .string(row.actor),
        "digest": .string(version.digest), "sequence": .integer(Int64(row.sequence)),
        "approvers": .array(approvers.sorted().map { .string($0) }),
      ],
      "\(version.name)/\(version.version) is approved by \(approvers.sorted().joined(separator: ", "))\n"
    )
  }

  func sign() throws {
    guard let path = values.text("--key") else {
      throw UsageError("--key is missing: the PEM file of the private key")
    }
    let registry = try registry(configuration())
    let version = try registry.resolve(values.required("MODEL"))
    let context = try context()
    let row = try registry.sign(
      version.name, version.version, with: SigningKey(pem: FileSystem.read(path)),
      by: context.actor, at: context.moment)
    let signature = registry.layout.signature(version.name, version.version)
    show(
      [
        "version": .string("\(version.name)/\(version.version)"), "signature": .string(signature),
        "key": row.details["key"] ?? .null, "sequence": .integer(Int64(row.sequence)),
      ], "\(version.name)/\(version.version) is signed: \(signature)\n")
  }
}
