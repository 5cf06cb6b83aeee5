internal import Arguments

/// The options that several commands take.
extension CommandSyntax.Option {
  static let config = Self(
    "--config", "FILE", "Configuration.", default: "anomalyze.yaml")
  static let source = Self(
    "--source", "LOCATION",
    "Store of transactions: a SQLite file, sqlite:FILE or postgresql://….",
    default: "$DATABASE_URL, else the configuration's source")
  static let json = Self(switch: "--json", "Print the result as JSON.")
  static let expectedSequence = Self(
    "--expect", "N",
    "Sequence at which you saw the alias (0: not set); when it has moved since, nothing happens.")
  static let threads = Self(
    "--threads", "N", "Threads to use; results do not depend on it.", default: "all processors")
  static let snapshot = Self(
    "--snapshot", "DIGEST", "Snapshot to use, by its digest or the start of it.",
    default: "the newest")
  static let asOf = Self(
    "--as-of", "MOMENT", "Use only what was known before this day or moment of UTC.",
    default: "everything")
  static let periods = [
    Self(
      "--train", "FROM..TO", "Training period, days of UTC, TO excluded.",
      default: "the configuration's lengths, ending with the snapshot"),
    Self(
      "--validate", "FROM..TO",
      "Validation period, which chooses the best detector and thresholds; it leaves the label delay on both sides.",
      default: "the configuration's length before the test, if there is room"),
    Self("--test", "FROM..TO", "Test period."),
  ]
  /// Where series come from.
  static let seriesSource = [
    Self(
      "--source", "LOCATION",
      "Read a database instead of a snapshot: a SQLite file or postgresql://…."),
    Self(
      "--query", "SQL", "With --source: a SELECT of series_id, time and value.",
      default: "amounts of the transactions"),
    Self(
      "--by", "HOLDER", "Whose amounts make a series: user, merchant, terminal or device.",
      default: "user"),
  ]
  /// Where workers run on shards of the rows.
  static let engines = [
    Self(
      "--engine", "NAME",
      "Fit and score in shards: local for processes of this machine, dask, spark, or the path of an adapter."
    ),
    Self("--shards", "N", "With --engine: in how many shards.", default: "the processors"),
    Self(
      "--cluster", "ADDRESS",
      "With --engine: the cluster, such as spark://host:7077 or tcp://host:8786.",
      default: "one that the engine starts here"),
    Self(
      "--worker", "PATH", "With --engine: where all machines have this program.",
      default: "the engine delivers it"),
    Self(
      "--workers", "N", "With --engine: how many workers run at once on this machine.",
      default: "all processors"),
  ]
}
