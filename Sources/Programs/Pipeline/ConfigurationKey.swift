internal import JSON

/// One key of the configuration: the reader takes what is allowed and what is left out from here, and the reference prints it.
public struct ConfigurationKey: Sendable {
  /// Keys joined by dots.
  public let path: String
  /// What may be written.
  public let form: String
  /// What holds without it; `nil` for nothing.
  let fallback: JSONValue?
  /// What it is for, in one sentence.
  public let meaning: String

  private init(_ path: String, _ form: String, _ fallback: JSONValue? = nil, _ meaning: String) {
    self.path = path
    self.form = form
    self.fallback = fallback
    self.meaning = meaning
  }

  /// The keys of the section at `path`, without that path; those of the whole file for an empty one.
  static func names(in path: String) -> [String] {
    let prefix = path.isEmpty ? "" : path + "."
    return all.map(\.path).filter { $0.hasPrefix(prefix) }
      .map { String($0.dropFirst(prefix.count)) }.filter { !$0.contains(".") }
  }

  /// What holds at `path` when nothing is written.
  static func fallback(at path: String) -> JSONValue? {
    guard let key = all.first(where: { $0.path == path }) else {
      preconditionFailure("\(path) is no key of the configuration")
    }
    return key.fallback
  }

  /// Every key, section by section.
  public static let all: [ConfigurationKey] = files + evaluation + job + engine + signatures

  private static let files: [ConfigurationKey] = [
    .init(
      "source", "a path, `sqlite:FILE`, `postgresql://…` or `csv:FILE`",
      "sqlite:var/transactions.sqlite",
      "Where transactions come from; `$DATABASE_URL` and `--source` win over it."),
    .init("snapshots", "a folder", "var/snapshots", "Where pulled rows are kept."),
    .init("reports", "a folder", "var/reports", "Where reports go that belong to no version."),
    .init("registry", "a folder", "artifacts", "Where versions and aliases are kept."),
    .init("pull", "keys, see below", nil, "How the tables of a PostgreSQL database are read."),
    .init(
      "validation", "a list of checks", ["standard"],
      "What a snapshot must hold before anything is trained on it."),
    .init("features", "a list, or the name of a preset", nil, "The columns of the models."),
    .init("rules", "a list, or `standard`", nil, "What the server judges besides the score."),
    .init(
      "models", "a list of `name`, `detectors`, and maybe `features`, `segment`, `promotion`", nil,
      "What is trained: each detector becomes a version of its model. A model may have features and gates of its own, and be of "
        + "a segment of the transactions, such as `segment: {channel: [online]}`."),
    .init("promotion", "`gates`: a list", nil, "What a version must show to become champion."),
  ]

  private static let evaluation: [ConfigurationKey] = [
    .init("evaluation", "keys", nil, "Periods, and how detectors are judged."),
    .init("evaluation.training", "a time span", "60d", "Length of the training period."),
    .init(
      "evaluation.training_rows", "a whole number", 500_000,
      "Rows that train at most; of more, those with the lowest hashes of their identifiers."),
    .init(
      "evaluation.delay", "a time span", "7d", "How late labels arrive: the gap after training."),
    .init(
      "evaluation.validation", "a time span", "7d",
      "Length of the period that chooses among detectors and sets thresholds; 0d for none."),
    .init("evaluation.test", "a time span", "14d", "Length of the period that judges."),
    .init(
      "evaluation.drop_known_compromised", "true or false", true,
      "Leaves test rows out whose user had a known fraud before."),
    .init(
      "evaluation.refuse_known_entities", "true or false", false,
      "Refuses a test period with users that trained."),
    .init(
      "evaluation.alerts_per_day", "a whole number", 100,
      "How many users a day the team can look at."),
    .init(
      "evaluation.contamination", "a number in 0.000001 … 0.5", 0.01,
      "Share of rows that the threshold by contamination flags."),
    .init(
      "evaluation.target_precision", "a number in 0.000001 … 1", 0.5,
      "What the threshold by precision keeps."),
    .init("evaluation.cost_per_alert", "a number from 0", 5.0, "What an alert costs."),
    .init(
      "evaluation.cost_per_missed_fraud", "a number from 0", 100.0,
      "What a fraud costs that nobody sees."),
  ]

  private static let job: [ConfigurationKey] = [
    .init("job", "keys", nil, "What unattended runs may use, and whom they tell."),
    .init("job.runs", "a folder", "var/runs", "Where the record of each run is kept."),
    .init("job.time_budget", "a time span", nil, "No stage starts after it; exit code 8."),
    .init("job.free_disk_mib", "a whole number", 256, "A run does not start with less."),
    .init(
      "job.schedule", "such as `Sun 03:30`, `Mon,Thu 02:00` or `daily 04:00`, in UTC", nil,
      "When a timer or cron starts runs; `status` tells the next and a missed one."),
    .init(
      "job.metrics_textfile", "a file", nil, "OpenMetrics of the last run for a node exporter."),
    .init(
      "job.series", "keys", nil,
      "Fits the series of each run's snapshot too; what did not change makes no version."),
    .init("job.series.store", "a file", "var/series.sqlite", "The series of the server."),
    .init(
      "job.series.by", "user, merchant, terminal or device", "user", "Whose payments are a series."),
    .init(
      "job.series.method", "sigma, robust, ewma, seasonal or auto", "sigma",
      "How each series is modelled."),
    .init("job.series.threshold", "a number from 0.1", 3.0, "How many sigmas are an anomaly."),
    .init("job.server", "keys", nil, "The server that must answer with a new champion."),
    .init("job.server.url", "`http://…` or `https://…`", nil, "Its address."),
    .init("job.server.wait", "a time span", "30s", "How long it may take before a rollback."),
    .init("job.server.token_file", "a file", nil, "Holds the bearer token."),
    .init("job.notify", "keys", nil, "Who is told."),
    .init(
      "job.notify.on", "a list of promoted, unchanged, refused, failed",
      ["promoted", "refused", "failed"], "The ends of a run that are told."),
    .init("job.notify.reports_url", "an address", nil, "Where people find the reports folder."),
    .init("job.notify.webhook", "keys", nil, "An address that gets a POST of JSON."),
    .init("job.notify.webhook.url", "an address", nil, "Where it goes."),
    .init(
      "job.notify.webhook.secret_file", "a file", nil,
      "Key of the HMAC-SHA256 in `X-Anomalyze-Signature`."),
    .init("job.notify.email", "keys", nil, "Mail by SMTP."),
    .init(
      "job.notify.email.server", "`smtp://host:port` or `smtps://host:port`", nil, "Mail server."),
    .init("job.notify.email.from", "an address", "anomalyze@localhost", "Who it comes from."),
    .init("job.notify.email.to", "a list of addresses", nil, "Who gets it."),
    .init("job.notify.email.user", "a text", nil, "Name to log in with."),
    .init("job.notify.email.password_file", "a file", nil, "Holds the password."),
    .init(
      "job.notify.email.tls", "true or false", true, "Refuses a server that offers no encryption."),
    .init(
      "job.notify.command", "a list of texts", [],
      "A program with arguments that reads the same JSON from its input."),
  ]

  private static let engine: [ConfigurationKey] = [
    .init(
      "engine", "keys", nil,
      "Who works on shards of the rows in `train` and `retrain`: isolation forests, and series of the method sigma. Models keep "
        + "their bytes; `--engine` wins over it."),
    .init(
      "engine.name", "`local`, `dask`, `spark` or the path of an adapter", "local", "The engine."),
    .init("engine.shards", "a whole number", nil, "How many; the processors without it."),
    .init(
      "engine.cluster", "such as `spark://host:7077` or `tcp://host:8786`", nil,
      "The cluster; the engine starts one here without it. Its machines see the folder of snapshots under the same path."
    ),
    .init(
      "engine.worker", "a path", nil, "Where all machines have the program; delivered without it."),
    .init("engine.workers", "a whole number", nil, "Workers at once on this machine."),
    .init("engine.attempts", "a whole number", 4, "How often a shard is tried."),
  ]

  private static let signatures: [ConfigurationKey] = [
    .init("signatures", "keys", nil, "Whose signature versions carry."),
    .init("signatures.public_key", "a PEM file", nil, "The signer's public key."),
    .init("signatures.required", "true or false", true, "Refuses versions without one."),
  ]
}
