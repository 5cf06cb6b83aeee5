internal import Arguments

/// The commands of `anomalyze`.
enum LabSyntax {
  static let version = "0.1.0"

  static let program = ProgramSyntax(
    "anomalyze", version: version,
    "Anomalyze: train anomaly detectors on transactions, prove how good they are, promote the better one.",
    commands: dataCommands + modelCommands + registryCommands)

  private static let config = CommandSyntax.Option(
    "--config", "FILE", "Configuration.", default: "anomalyze.yaml")
  private static let source = CommandSyntax.Option(
    "--source", "LOCATION",
    "Store of transactions: a SQLite file, sqlite:FILE or postgresql://….",
    default: "$DATABASE_URL, else the configuration's source")
  private static let json = CommandSyntax.Option(switch: "--json", "Print the result as JSON.")
  private static let threads = CommandSyntax.Option(
    "--threads", "N", "Threads to use; results do not depend on it.", default: "all processors")
  private static let snapshot = CommandSyntax.Option(
    "--snapshot", "DIGEST", "Snapshot to use, by its digest or the start of it.",
    default: "the newest")
  private static let period = [
    CommandSyntax.Option(
      "--train", "FROM..TO", "Training period, days of UTC, TO excluded.",
      default: "the configuration's lengths, ending with the snapshot"),
    CommandSyntax.Option("--test", "FROM..TO", "Test period."),
  ]

  private static let dataCommands = [
    CommandSyntax(
      "db init", "Create or upgrade the tables of the store.", options: [config, source],
      examples: ["anomalyze db init", "anomalyze db init --source postgresql://localhost/payments"]),
    CommandSyntax(
      "generate", "Generate labelled card transactions into the store or a CSV file.",
      options: [
        config, source,
        .init("--csv", "FILE", "Write a CSV file (gzip when it ends in .gz) instead of the store."),
        .init("--users", "N", "Number of users.", default: "2000"),
        .init("--days", "N", "Number of days.", default: "120"),
        .init("--seed", "N", "Seed; equal seeds give equal rows.", default: "7"),
        .init("--start", "DATE", "First day, UTC.", default: "2026-01-01"),
        .init("--difficulty", "X", "0: fraud stands out … 1: fraud hides.", default: "0.5"),
        json,
      ],
      examples: ["anomalyze generate --users 2000 --days 120 --seed 7"]),
    CommandSyntax(
      "import", "Import transactions from a CSV file, plain or gzip, into the store.",
      operands: [.init("FILE", "CSV file with a header line")],
      options: [
        config, source,
        .init("--map", "FIELD=COLUMN,…", "Which column holds which field.", default: "by name"),
        .init(
          "--label-delay", "SPAN", "How long after a transaction its label became known.",
          default: "7d"), json,
      ],
      examples: [
        "anomalyze import transactions.csv.gz --map time=tx_datetime,user_id=customer_id --label-delay 7d"
      ]),
    CommandSyntax(
      "pull", "Copy the transactions of the source into an immutable snapshot.",
      options: [
        config, source,
        .init("--csv", "FILE", "Take the rows from a CSV file instead of a store."),
        .init("--map", "FIELD=COLUMN,…", "Which CSV column holds which field.", default: "by name"),
        .init("--label-delay", "SPAN", "For CSV labels without a time.", default: "7d"),
        .init(
          switch: "--full", "Fetch every row of a PostgreSQL database, not only what has changed."),
        json,
      ],
      examples: [
        "anomalyze pull", "anomalyze pull --source postgresql://localhost/payments --json",
      ]),
    CommandSyntax("snapshots list", "List the snapshots.", options: [config, json]),
    CommandSyntax(
      "snapshots verify", "Recompute the checksums of a snapshot.",
      operands: [.init("DIGEST", "digest or the start of it; newest without", isRequired: false)],
      options: [config]),
  ]

  private static let modelCommands = [
    CommandSyntax(
      "train", "Train the detectors of a model, evaluate them and register a version of each.",
      operands: [.init("NAME", "model of the configuration; all without", isRequired: false)],
      options: [config, snapshot, threads] + period + [json],
      examples: [
        "anomalyze train fraud",
        "anomalyze train fraud --train 2018-07-25..2018-08-01 --test 2018-08-08..2018-08-15",
      ]),
    CommandSyntax(
      "evaluate", "Evaluate a version on a snapshot and write a report.",
      operands: [.init("MODEL", "NAME, NAME@ALIAS or NAME/VERSION")],
      options: [config, snapshot, threads] + period + [
        .init("--out", "FOLDER", "Where the report goes.", default: "var/reports/NAME-VERSION"),
        .init(
          "--require", "CONDITION",
          "End with code 5 unless it holds, such as average_precision>=0.3."), json,
      ],
      examples: ["anomalyze evaluate fraud@champion --require 'average_precision>=0.3'"]),
    CommandSyntax(
      "retrain", "The weekly job: pull, train, evaluate, register, and promote if better.",
      options: [
        config, source, threads,
        .init(switch: "--dry-run", "Stop before the alias moves; say what would happen."), json,
      ],
      examples: [
        "anomalyze retrain", "DATABASE_URL=postgresql://db/payments anomalyze retrain --json",
      ]),
    CommandSyntax(
      "status", "Show champions, their figures, and where reports, versions and snapshots lie.",
      options: [config, json]),
  ]

  private static let registryCommands = [
    CommandSyntax(
      "models list", "List models with versions and aliases.", options: [config, json]),
    CommandSyntax(
      "models show", "Show a version: figures, data, parameters, files.",
      operands: [.init("MODEL", "NAME, NAME@ALIAS or NAME/VERSION")], options: [config, json],
      examples: ["anomalyze models show fraud@champion"]),
    CommandSyntax(
      "promote", "Move an alias to a version, if the gates allow it.",
      operands: [.init("NAME", "name of the model")],
      options: [
        config, .init("--version", "N", "Version that gets the alias."),
        .init("--to", "ALIAS", "Alias to move.", default: "champion"),
        .init("--reason", "TEXT", "Why, for the audit trail."),
        .init(switch: "--force", "Move it even if a gate refuses; needs --reason."),
        .init(switch: "--dry-run", "Show the gates and change nothing."), threads, json,
      ],
      examples: ["anomalyze promote fraud --version 3 --to champion"]),
    CommandSyntax(
      "rollback", "Give the champion alias back to the version that had it before.",
      operands: [.init("NAME", "name of the model")],
      options: [
        config, .init("--to", "N", "Version to go back to.", default: "the previous champion"),
        .init("--reason", "TEXT", "Why, for the audit trail."), json,
      ],
      examples: ["anomalyze rollback fraud --reason 'alerts doubled'"]),
    CommandSyntax(
      "audit", "Show who moved which alias when and why; checks the chain.",
      operands: [.init("NAME", "name of the model; all without", isRequired: false)],
      options: [config, json]),
    CommandSyntax(
      "registry verify", "Recompute every checksum and golden score of the versions.",
      operands: [.init("MODEL", "one model or version; all without", isRequired: false)],
      options: [config]),
    CommandSyntax(
      "registry rebuild", "Restore the catalogue from the version folders.", options: [config]),
  ]
}
