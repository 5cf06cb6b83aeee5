/// Where and within which limits a server works; every default is safe on a public network.
public struct HTTPServerSettings: Equatable, Sendable {
  /// The numeric address to listen on; only this machine unless told otherwise.
  public var address = "127.0.0.1"
  /// The port, or 0 for a free one.
  public var port: UInt16 = 0
  /// How many threads answer requests.
  public var threadCount = 2
  /// The longest content that is read, past it 413; 64 MiB holds a million points.
  public var bodyByteLimit = 64 << 20
  /// Memory for the request line and header fields of one connection, past it 431; the library clears all of it for
  /// every request, so twice as much costs a twentieth of the requests that can be answered.
  public var headerByteLimit = 8 << 10
  /// How many connections may be open; further ones are closed at once.
  public var connectionLimit = 20_000
  /// How long a new connection may take to send a complete header, past it 408.
  public var headerDeadline = Duration.seconds(10)
  /// How long content may take to arrive after its header, past it 408.
  public var bodyDeadline = Duration.seconds(60)
  /// How long an open connection may wait for its next request before it is closed.
  public var idleDeadline = Duration.seconds(75)
  /// How long a thread with a few connections looks for the next request before it sleeps, while requests follow each other
  /// that closely; zero sleeps at once. It saves the client the time that waking takes, for time of a processor.
  public var busyPoll = Duration.zero

  /// The origins whose pages may read answers (CORS); `*` stands for all.
  public var allowedOrigins: [String] = []
  /// The certificate to speak TLS with; without one, the server speaks plain HTTP.
  public var security: TransportSecurity?
  /// A socket that listens already, handed over by the service manager, instead of address and port.
  public var inheritedSocket: Int32?

  /// A certificate chain and its private key, both as PEM text.
  public struct TransportSecurity: Equatable, Sendable {
    /// The chain, the server's own certificate first.
    public var certificate: String
    /// The private key.
    public var key: String

    /// Joins a certificate and its key.
    public init(certificate: String, key: String) {
      self.certificate = certificate
      self.key = key
    }
  }

  /// Makes the default settings.
  public init() {}
}
