internal import Features
internal import Ingestion
internal import JSON

/// The page that lists every key of the configuration, made of what the readers themselves know.
public enum ConfigurationReference {
  /// The page as Markdown.
  ///
  /// - Throws: only when an example in here is not readable, which a test rules out.
  public static func markdown() throws -> String {
    """
    # Every key of anomalyze.yaml

    `anomalyze config reference` prints this page from the program that reads the file; `anomalyze config check` reads a file and
    says what it comes to, or names the line and key that it cannot use. Paths start from the file's folder. A time span is a
    number with a unit: `90s`, `15min`, `12h`, `7d`.

    | key | what may be written | without it | what it is for |
    |---|---|---|---|
    \(keys())

    ## Detectors

    Each entry of `detectors` has a `kind`; these are all parameters with what holds when they are left out.

    \(try detectors())

    ## Features

    A feature is the name of a kind, or a mapping. These are the kinds, each spelled out with what was left out; `window` is a time
    span or `history`, `windows` makes a feature of each, `entity` is one of user, merchant, device, terminal, channel, or a list.

    \(try features())

    ## pull

    How another schema is read from PostgreSQL. Keys: \(listed(PostgreSQLSource.settingNames)). `columns` maps our columns to SQL
    expressions.

    ## validation

    Checks: \(listed(Expectation.checkNames)); each with `severity: error` (the default, exit code 3) or `warning`. `standard` stands
    for \(Expectation.standard.count) of them with usual limits.

    """
  }

  private static func listed(_ names: [String]) -> String {
    names.map { "`\($0)`" }.joined(separator: ", ")
  }

  private static func keys() -> String {
    ConfigurationKey.all.map { key in
      let fallback = key.fallback.map { "`\($0.stringValue ?? $0.text())`" } ?? ""
      return "| `\(key.path)` | \(key.form) | \(fallback) | \(key.meaning) |"
    }.joined(separator: "\n")
  }

  private static func detectors() throws -> String {
    let examples: [JSONValue] = [
      ["kind": "isolation_forest"], ["kind": "isolation_forest", "preset": "scikit_learn"],
      ["kind": "gaussian"], ["kind": "gaussian", "estimator": "mcd"], ["kind": "ensemble"],
    ]
    return try block(examples.map { try DetectorConfiguration($0).json })
  }

  private static func features() throws -> String {
    let examples: JSONValue = [
      "amount", "log_amount", "night", "weekend", "hour", "round_amount",
      ["kind": "category", "of": "merchant_category"],
      ["kind": "indicator", "of": "channel", "equals": "online"],
      ["kind": "count", "entity": "user", "window": "1d"],
      ["kind": "distinct", "of": "merchant", "entity": "user", "window": "7d"],
      ["kind": "repeats", "entity": "user", "window": "1h"],
      ["kind": "risk", "entity": "terminal", "window": "14d", "delay": "7d"],
      ["kind": "z_score", "of": "log_amount", "entity": "user", "window": "history"],
      ["kind": "robust_z_score", "entity": "user"],
      ["kind": "ratio", "entity": "user", "window": "history"],
      ["kind": "seconds_since_last", "entity": "user"],
      ["kind": "is_new", "of": "device", "entity": "user"],
      ["kind": "rarity", "of": "merchant_category", "entity": "user", "window": "history"],
      ["kind": "hour_rarity", "entity": "user"], ["kind": "distance", "entity": "user"],
      ["kind": "speed", "entity": "user"],
    ]
    let spelledOut = try FeatureSpecification(examples).json["list"]?.arrayValue ?? []
    return try block(spelledOut)
      + "\n\n`sum`, `mean`, `standard_deviation`, `minimum`, `maximum` and `span` are written like `count`."
  }

  private static func block(_ values: [JSONValue]) throws -> String {
    "```json\n" + values.map { $0.text() }.joined(separator: "\n") + "\n```"
  }
}
