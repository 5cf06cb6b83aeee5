internal import Arguments
internal import Files
internal import HTTP
internal import SeriesStorage
internal import Serving

/// What the command line says.
struct ServerOptions {
  static let version = "0.1.0"

  static let syntax = ProgramSyntax(
    "anomalyze-server", version: version, "Serves models over HTTP.",
    commands: [
      CommandSyntax(
        "", "Serves per-series models and the promoted models of a registry over HTTP.",
        options: [
          .init("--bind", "ADDRESS", "The numeric address to listen on.", default: "127.0.0.1"),
          .init("--port", "PORT", "The port; 0 takes a free one and prints it.", default: "8080"),
          .init("--threads", "COUNT", "Threads that answer requests.", default: "2"),
          .init(
            "--series-store", "FILE", "The SQLite file of per-series models.",
            default: "var/series.sqlite"),
          .init(
            "--registry", "DIR", "The registry whose models are served.", default: "artifacts"),
          .init(
            "--follow", "NAME@ALIAS,…", "The aliases to follow.",
            default: "the champion of every model"),
          .init(
            "--public-key", "FILE",
            "Load only versions that are signed with this key (PEM; see anomalyze sign)."),
          .init("--body-limit", "BYTES", "The longest content that is read.", default: "67108864"),
          .init("--connections", "COUNT", "The most open connections.", default: "20000"),
        ],
        examples: [
          "anomalyze-server --port 8080",
          "anomalyze-server --registry artifacts --follow fraud@champion,fraud@candidate",
        ])
    ])

  let settings: HTTPServerSettings
  let storePath: String
  let registry: String
  let references: [String]
  /// Whose signature a version must carry; `nil` for nobody's.
  let publicKeyPath: String?

  init(_ values: ArgumentValues) throws {
    var settings = HTTPServerSettings()
    settings.address = values.text("--bind") ?? settings.address
    settings.port = UInt16(try values.integer("--port", in: 0...65_535) ?? 8080)
    settings.threadCount = try values.integer("--threads", in: 1...256) ?? settings.threadCount
    settings.bodyByteLimit =
      try values.integer("--body-limit", in: 1_024...1 << 32) ?? settings.bodyByteLimit
    settings.connectionLimit =
      try values.integer("--connections", in: 1...1_000_000) ?? settings.connectionLimit
    self.settings = settings
    registry = values.text("--registry") ?? "artifacts"
    publicKeyPath = values.text("--public-key")
    references = (values.text("--follow") ?? "").split(separator: ",").map(String.init)
    storePath = values.text("--series-store") ?? "var/series.sqlite"
  }
}

/// The exit code that tells a scheduler what kind of error this is.
func exitCode(of error: any Error) -> ExitCode {
  switch error {
  case is UsageError, is HTTPServerError, is ServingError: .usage
  case FileError.busy: .busy
  case is FileError, is SeriesStoreError: .storage
  default: .bug
  }
}
