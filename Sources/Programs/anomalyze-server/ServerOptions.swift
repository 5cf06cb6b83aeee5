internal import Arguments
internal import Files
internal import HTTP
internal import JSON
internal import SeriesStorage
internal import Serving
internal import Terminal

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
            "--series-store", "FILE",
            "The SQLite file of per-series models, or the postgresql:// URL of a database.",
            default: "var/series.sqlite"),
          .init(
            "--registry", "DIR", "The registry whose models are served.", default: "artifacts"),
          .init(
            "--follow", "NAME@ALIAS,…", "The aliases to follow.",
            default: "the champion of every model"),
          .init(
            "--public-key", "FILE",
            "Load only versions that are signed with this key (PEM; see anomalyze sign)."),
          .init(
            "--shadow", "NAME@ALIAS,…",
            "Challengers that judge beside the model of their name, unseen by clients."),
          .init(
            "--canary", "NAME@ALIAS=PERCENT,…",
            "Challengers that also answer a share of the users, always the same ones."),
          .init(
            "--state", "DIR", "Where the histories of users and devices go on after a restart.",
            default: "feature-state beside the series store, or in var"),
          .init(
            "--state-seconds", "COUNT", "How often they are stored, besides at the end.",
            default: "60"),
          .init("--body-limit", "BYTES", "The longest content that is read.", default: "67108864"),
          .init(
            "--header-limit", "BYTES",
            "Memory for the header of a request, a little of it for the answer's.",
            default: "8192"),
          .init("--connections", "COUNT", "The most open connections.", default: "20000"),
          .init(
            "--busy-poll", "MICROSECONDS",
            "How long a thread looks for the next request before it sleeps, while they follow closely; 0 never.",
            default: "50, or 0 where only one processor may be used"),
          .init(
            "--auth-token-file", "FILE",
            "Lets in who brings a token of this file: lines of ROLE TOKEN [NAME], or one token."),
          .init(
            "--jwks-file", "FILE",
            "Lets in who brings a JSON Web Token signed by a key of this set (RS256, ES256)."),
          .init("--jwt-audience", "NAME", "What a JSON Web Token must be meant for."),
          .init("--allow-origin", "ORIGIN,…", "Origins whose pages may read answers (CORS)."),
          .init("--rate-limit", "COUNT", "The most requests a second of one client address."),
          .init("--tls-certificate", "FILE", "Speaks TLS with this certificate chain (PEM)."),
          .init("--tls-key", "FILE", "The private key of the certificate (PEM)."),
          .init("--request-log", "FORM", "Writes requests to standard error: logfmt or json."),
          .init("--log-sample", "COUNT", "Writes one request of so many.", default: "1"),
        ],
        examples: [
          "anomalyze-server --port 8080",
          "anomalyze-server --registry artifacts --follow fraud@champion,fraud@candidate",
          "anomalyze-server --series-store postgresql://anomalyze@db/series",
          "anomalyze-server --follow fraud@champion --canary fraud@candidate=5",
        ])
    ])

  let settings: HTTPServerSettings
  /// The file or the URL of the series.
  let store: String
  let registry: String
  let references: [String]
  /// Whose signature a version must carry; `nil` for nobody's.
  let publicKeyPath: String?
  /// Challengers and the share of users that they answer.
  let trials: [(reference: String, share: Double)]
  let stateFolder: String
  let stateSeconds: Int
  let tokenPath: String?
  let keySetPath: String?
  let audience: String?
  let rateLimit: Int?
  let logForm: RequestLog.Form?
  let logSample: Int

  init(_ values: ArgumentValues) throws {
    var settings = HTTPServerSettings()
    settings.address = values.text("--bind") ?? settings.address
    settings.port = UInt16(try values.integer("--port", in: 0...65_535) ?? 8080)
    settings.threadCount = try values.integer("--threads", in: 1...256) ?? settings.threadCount
    settings.bodyByteLimit =
      try values.integer("--body-limit", in: 1_024...1 << 32) ?? settings.bodyByteLimit
    settings.headerByteLimit =
      try values.integer("--header-limit", in: 4_096...1 << 20) ?? settings.headerByteLimit
    settings.connectionLimit =
      try values.integer("--connections", in: 1...1_000_000) ?? settings.connectionLimit
    settings.busyPoll = .microseconds(
      try values.integer("--busy-poll", in: 0...10_000) ?? (ServerOptions.hasOneProcessor ? 0 : 50))
    settings.allowedOrigins = (values.text("--allow-origin") ?? "").split(separator: ",").map(
      String.init)
    settings.security = try ServerOptions.security(values)
    settings.inheritedSocket = ServiceManager.socket
    self.settings = settings
    tokenPath = values.text("--auth-token-file")
    keySetPath = values.text("--jwks-file")
    audience = values.text("--jwt-audience")
    rateLimit = try values.integer("--rate-limit", in: 1...1_000_000)
    logSample = try values.integer("--log-sample", in: 1...1_000_000_000) ?? 1
    logForm = try values.text("--request-log").map { text in
      guard let form = RequestLog.Form(rawValue: text) else {
        throw UsageError("--request-log is logfmt or json")
      }
      return form
    }
    registry = values.text("--registry") ?? "artifacts"
    publicKeyPath = values.text("--public-key")
    references = (values.text("--follow") ?? "").split(separator: ",").map(String.init)
    trials = try ServerOptions.trials(values)
    stateSeconds = try values.integer("--state-seconds", in: 1...86_400) ?? 60
    store = values.text("--series-store") ?? "var/series.sqlite"
    let folder = SeriesStore.isDatabase(store) ? "var" : FileSystem.parentDirectory(of: store)
    stateFolder = values.text("--state") ?? folder + "/feature-state"
  }

  /// Whether the system runs the program on one processor only, because there is no other or it was told so.
  private static var hasOneProcessor: Bool {
    let status = (try? FileSystem.readText("/proc/self/status")) ?? ""
    // A list of numbers and ranges: 0-3,8.
    let allowed = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
    return allowed.map { !$0.contains("-") && !$0.contains(",") } ?? (Terminal.processorCount == 1)
  }

  private static func security(_ values: ArgumentValues) throws
    -> HTTPServerSettings.TransportSecurity?
  {
    switch (values.text("--tls-certificate"), values.text("--tls-key")) {
    case (nil, nil): return nil
    case (let certificate?, let key?):
      return HTTPServerSettings.TransportSecurity(
        certificate: try FileSystem.readText(certificate), key: try FileSystem.readText(key))
    default: throw UsageError("--tls-certificate and --tls-key go together")
    }
  }

  /// What decides about each request; `nil` when everybody is let in.
  func gate(seconds: @escaping @Sendable () -> Double) throws -> RequestGate? {
    var access: AccessControl?
    if tokenPath != nil || keySetPath != nil {
      access = try AccessControl(
        tokenFile: try tokenPath.map { try FileSystem.readText($0) },
        keySet: try keySetPath.map { try JSONValue(parsing: FileSystem.read($0)) },
        audience: audience, unixSeconds: seconds)
    }
    return RequestGate(
      limit: rateLimit.map { RateLimit(perSecond: Double($0), seconds: seconds) }, access: access)
  }

  private static func trials(_ values: ArgumentValues) throws -> [(String, Double)] {
    let shadows = (values.text("--shadow") ?? "").split(separator: ",").map { (String($0), 0.0) }
    let canaries = try (values.text("--canary") ?? "").split(separator: ",").map { text in
      let parts = text.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let percent = Double(parts[1]), (0...100).contains(percent) else {
        throw UsageError("--canary takes NAME@ALIAS=PERCENT with a percentage of 0 to 100")
      }
      return (String(parts[0]), percent / 100)
    }
    return shadows + canaries
  }
}

/// The exit code that tells a scheduler what kind of error this is.
func exitCode(of error: any Error) -> ExitCode {
  switch error {
  case is UsageError, is HTTPServerError, is ServingError, is JSONError: .usage
  case FileError.busy: .busy
  case is FileError, is SeriesStoreError: .storage
  default: .bug
  }
}
