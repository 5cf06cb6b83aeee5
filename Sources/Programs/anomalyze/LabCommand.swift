internal import Arguments
internal import Ingestion
internal import JSON
internal import Pipeline
internal import Registry
internal import Terminal
internal import Transactions

/// One command with its values; the extensions hold what each does.
struct LabCommand {
  let values: ArgumentValues

  /// The configuration that the command line names.
  func configuration() throws -> LabConfiguration {
    try LabConfiguration(contentsOf: values.text("--config") ?? "anomalyze.yaml")
  }

  /// Where transactions are: the option, else `DATABASE_URL`, else the configuration.
  func source() throws -> SourceLocation {
    if let text = values.text("--source") { return try SourceLocation(parsing: text) }
    if let url = Terminal.environment("DATABASE_URL") { return try SourceLocation(parsing: url) }
    return try SourceLocation(parsing: configuration().source)
  }

  var now: Timestamp { Timestamp(microseconds: Terminal.wallClockMicroseconds) }

  func context() throws -> RunContext {
    RunContext(
      actor: Terminal.userName, moment: now,
      threadCount: try values.integer("--threads", in: 1...1_024) ?? Terminal.processorCount,
      codeVersion: LabSyntax.version)
  }

  func registry(
    _ configuration: LabConfiguration, access: Registry.Access = .readWrite
  ) throws -> Registry {
    try Registry(root: configuration.registryFolder, access: access)
  }

  func periods() throws -> PeriodSelection {
    func period(_ name: String) throws -> Range<Timestamp>? {
      try values.value(
        name, "a period FROM..TO such as 2026-01-01..2026-02-01", parse: PeriodSelection.range)
    }
    return PeriodSelection(
      training: try period("--train"), validation: try period("--validate"),
      test: try period("--test"))
  }

  func asOf() throws -> Timestamp? {
    try values.value("--as-of", "a day or a moment of UTC such as 2026-03-01") {
      Timestamp(parsing: $0)
    }
  }

  func labelDelay() throws -> TimeSpan {
    try values.value("--label-delay", "a time span such as 7d", parse: { TimeSpan(parsing: $0) })
      ?? .days(7)
  }

  func mapping() throws -> CSVColumnMapping {
    try values.text("--map").map { try CSVColumnMapping(parsing: $0) } ?? CSVColumnMapping()
  }

  /// Prints the result: the document with `--json`, the text otherwise.
  func show(_ document: @autoclosure () -> JSONValue, _ text: @autoclosure () -> String) {
    Terminal.print(values.isOn("--json") ? document().text(.indented) : text())
  }
}
