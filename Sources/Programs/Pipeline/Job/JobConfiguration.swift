public import Transactions

/// What the `job` key of the configuration says about unattended runs.
public struct JobConfiguration: Equatable, Sendable {
  /// What a run may use.
  public struct Limits: Equatable, Sendable {
    /// No stage starts after this time; `nil` for no limit.
    public let time: TimeSpan?
    /// A run does not start with less free space than this, in bytes, where snapshots and versions go.
    public let freeByteCount: Int
  }

  /// The server that serves the champion.
  public struct Server: Equatable, Sendable {
    /// Its address, such as `http://127.0.0.1:8080`.
    public let url: String
    /// How long it may take to answer with a new champion.
    public let wait: TimeSpan
    /// A file that holds the bearer token; `nil` for none.
    public let tokenFile: String?
  }

  /// Folder of the records of runs.
  public let runsFolder: String
  /// What a run may use.
  public let limits: Limits
  /// The series that are fitted in each run; `nil` for none.
  public let series: SeriesJob?
  /// When somebody else starts the runs; `nil` when that is not said.
  public let schedule: RunSchedule?
  /// The file that a node exporter reads; `nil` for none.
  public let metricsTextfile: String?
  /// The server to check after a promotion; `nil` for none.
  public let server: Server?
  /// Who is told what.
  public let notifications: NotificationConfiguration
}

/// Who is told how a run ended.
public struct NotificationConfiguration: Equatable, Sendable {
  /// An address that gets a signed POST.
  public struct Webhook: Equatable, Sendable {
    /// Where the document goes.
    public let url: String
    /// A file that holds the key of the signature; `nil` for none.
    public let secretFile: String?
  }

  /// Mail by SMTP.
  public struct Email: Equatable, Sendable {
    /// Address of the mail server, `smtp://host:port` or `smtps://host:port`.
    public let server: String
    /// Who it comes from.
    public let sender: String
    /// Who gets it.
    public let recipients: [String]
    /// Name to log in with.
    public let user: String?
    /// A file that holds the password.
    public let passwordFile: String?
    /// Whether a server that offers no encryption is refused.
    public let requiresTLS: Bool
  }

  /// The ends of a run that are told.
  public let occasions: Set<RunRecord.Status>
  /// Address under which people find the reports folder; `nil` to show paths.
  public let reportsURL: String?
  /// The webhook; `nil` for none.
  public let webhook: Webhook?
  /// The mail; `nil` for none.
  public let email: Email?
  /// A program with arguments that reads the document from its input; empty for none.
  public let command: [String]
}

extension ConfigurationReader {
  /// Reads `job`.
  func job(_ located: (String) -> String) throws(ConfigurationError) -> JobConfiguration {
    try checkKeys(at: "job")
    return JobConfiguration(
      runsFolder: located(try text("job.runs")),
      limits: JobConfiguration.Limits(
        time: has("job.time_budget") ? try span("job.time_budget") : nil,
        freeByteCount: try count("job.free_disk_mib") << 20),
      series: try series(located), schedule: try schedule(),
      metricsTextfile: try optionalText("job.metrics_textfile").map(located),
      server: try server(located), notifications: try notifications(located))
  }

  private func schedule() throws(ConfigurationError) -> RunSchedule? {
    guard let text = try optionalText("job.schedule") else { return nil }
    guard let schedule = RunSchedule(parsing: text) else {
      throw failure(
        "job.schedule", "expected days and a time in UTC, such as Sun 03:30 or daily 04:00")
    }
    return schedule
  }

  private func server(
    _ located: (String) -> String
  ) throws(ConfigurationError) -> JobConfiguration.Server? {
    try checkKeys(at: "job.server")
    guard let url = try optionalText("job.server.url") else { return nil }
    guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
      throw failure("job.server.url", "expected an address such as http://127.0.0.1:8080")
    }
    return JobConfiguration.Server(
      url: url.hasSuffix("/") ? String(url.dropLast()) : url,
      wait: try span("job.server.wait"),
      tokenFile: try optionalText("job.server.token_file").map(located))
  }

  private func notifications(
    _ located: (String) -> String
  ) throws(ConfigurationError) -> NotificationConfiguration {
    let path = "job.notify"
    try checkKeys(at: path)
    try checkKeys(at: "\(path).webhook")
    try checkKeys(at: "\(path).email")
    let possible: [RunRecord.Status] = [.promoted, .unchanged, .refused, .failed]
    var occasions: Set<RunRecord.Status> = []
    for name in try texts("\(path).on") {
      guard let occasion = possible.first(where: { $0.rawValue == name }) else {
        throw failure(
          "\(path).on",
          "\(name) is none of \(possible.map(\.rawValue).joined(separator: ", "))")
      }
      occasions.insert(occasion)
    }
    var webhook: NotificationConfiguration.Webhook?
    if let url = try optionalText("\(path).webhook.url") {
      webhook = .init(
        url: url, secretFile: try optionalText("\(path).webhook.secret_file").map(located))
    }
    var email: NotificationConfiguration.Email?
    if let server = try optionalText("\(path).email.server") {
      let recipients = try texts("\(path).email.to")
      guard !recipients.isEmpty else {
        throw failure("\(path).email.to", "expected a list with at least one address")
      }
      email = .init(
        server: server, sender: try text("\(path).email.from"),
        recipients: recipients, user: try optionalText("\(path).email.user"),
        passwordFile: try optionalText("\(path).email.password_file").map(located),
        requiresTLS: try flag("\(path).email.tls"))
    }
    return NotificationConfiguration(
      occasions: occasions, reportsURL: try optionalText("\(path).reports_url"),
      webhook: webhook, email: email, command: try texts("\(path).command"))
  }
}
