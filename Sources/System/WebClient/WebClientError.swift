/// Why a request got no answer.
public enum WebClientError: Error, Equatable, CustomStringConvertible {
  /// The address is not one of http or https (smtp or smtps for mail).
  case unsupportedAddress(String)
  /// A header field or an address holds a line break or a NUL.
  case invalidText(name: String)
  /// The transfer failed.
  case failed(host: String, reason: String)
  /// The answer is longer than allowed.
  case answerTooLarge(host: String, byteLimit: Int)
  /// The library could not start.
  case unavailable

  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .unsupportedAddress(let scheme):
      "an address with scheme \"\(scheme)\" cannot be reached; use http, https, smtp or smtps"
    case .invalidText(let name): "\(name) holds a line break or a NUL character"
    case .failed(let host, let reason): "no answer from \(host): \(reason)"
    case .answerTooLarge(let host, let byteLimit):
      "the answer of \(host) is longer than \(byteLimit) bytes"
    case .unavailable: "libcurl could not be started"
    }
  }
}
