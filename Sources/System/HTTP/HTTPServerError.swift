/// Why a server could not start.
public enum HTTPServerError: Error, Equatable, CustomStringConvertible {
  /// The text is no numeric IPv4 or IPv6 address.
  case invalidAddress(String)
  /// Somebody else listens there.
  case addressInUse(address: String, port: UInt16)
  /// The system refused to listen there.
  case cannotListen(address: String, port: UInt16, reason: String)
  /// The library could not start its threads.
  case cannotStart

  public var description: String {
    switch self {
    case .invalidAddress(let text):
      "cannot bind to \(text): give a numeric address such as 127.0.0.1 or ::1"
    case .addressInUse(let address, let port):
      "port \(port) on \(address) is in use by another process; stop it or choose another --port"
    case .cannotListen(let address, let port, let reason):
      "cannot listen on \(address) port \(port): \(reason)"
    case .cannotStart:
      "the HTTP library could not start its threads; is the limit of processes or files too low?"
    }
  }
}
