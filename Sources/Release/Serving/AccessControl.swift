internal import HTTP
public import JSON
internal import Signatures

/// Who may do what: bearer tokens from a file, and JSON Web Tokens signed by the keys of a key set.
///
/// Roles contain each other: a promoter may do what a trainer may, a trainer what a scorer may, a scorer what a viewer may.
public struct AccessControl: Sendable {
  /// A secret and who brings it.
  struct Secret: Sendable {
    let token: [UInt8]
    let role: Route.Access
    let name: String
  }

  private let secrets: [Secret]
  private let keys: [WebTokenKey]
  private let audience: String?
  private let unixSeconds: @Sendable () -> Double

  /// Joins what admits.
  ///
  /// - Parameters:
  ///   - tokenFile: Lines of `ROLE TOKEN [NAME]`, or one line with nothing but a token, which may do everything; lines
  ///     that start with `#` are remarks.
  ///   - keySet: A JSON Web Key Set (RFC 7517).
  ///   - audience: What a JSON Web Token must be meant for, if anything.
  ///   - unixSeconds: The clock.
  /// - Throws: `ServingError.invalidAccess` for a file that grants nothing or cannot be read.
  public init(
    tokenFile: String?, keySet: JSONValue?, audience: String?,
    unixSeconds: @escaping @Sendable () -> Double
  ) throws(ServingError) {
    var secrets: [Secret] = []
    for line in (tokenFile ?? "").split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map(String.init)
      guard let first = words.first else { continue }
      guard words.count > 1 else {
        secrets.append(Secret(token: Array(first.utf8), role: .promoter, name: "token"))
        continue
      }
      guard let role = Route.Access(role: first) else {
        throw .invalidAccess(reason: "a line of the token file starts with no role")
      }
      let name = words.count > 2 ? words[2] : first
      secrets.append(Secret(token: Array(words[1].utf8), role: role, name: name))
    }
    guard secrets.allSatisfy({ $0.token.count >= 16 }) else {
      throw .invalidAccess(reason: "a token is shorter than 16 characters")
    }
    keys = (keySet?["keys"]?.arrayValue ?? []).compactMap { WebTokenKey($0) }
    guard !secrets.isEmpty || !keys.isEmpty else {
      throw .invalidAccess(reason: "no token and no RS256 or ES256 key was found")
    }
    self.secrets = secrets
    self.audience = audience
    self.unixSeconds = unixSeconds
  }

  /// Who the request is from.
  ///
  /// - Throws: 401 without a valid token, 403 with one whose role does not reach.
  func admit(_ visitor: RequestGate.Visitor) throws(HTTPFailure) -> String? {
    let needed = visitor.route?.access ?? .viewer
    if needed == .open { return nil }
    guard let field = visitor.headers["Authorization"], field.utf8.count <= 8_192,
      field.prefix(7).lowercased() == "bearer "
    else { throw AccessControl.unauthorized("a bearer token is needed") }
    let token = String(field.dropFirst(7).drop { $0 == " " })
    guard let (name, role) = bearer(of: Array(token.utf8)) ?? claims(of: token) else {
      throw AccessControl.unauthorized("the token is not valid here, or no longer")
    }
    guard role >= needed else {
      throw HTTPFailure(
        403, "FORBIDDEN",
        "this route needs the role \(needed.roleName); the token has \(role.roleName)"
      )
    }
    return name
  }

  private static func unauthorized(_ message: String) -> HTTPFailure {
    HTTPFailure(401, "UNAUTHORIZED", message, headers: [("WWW-Authenticate", "Bearer")])
  }

  /// Compares with every secret in time that does not depend on where they differ.
  private func bearer(of token: [UInt8]) -> (String, Route.Access)? {
    var found: (String, Route.Access)?
    for secret in secrets {
      var difference = token.count ^ secret.token.count
      for (index, byte) in secret.token.enumerated() {
        difference |= Int(byte ^ token[min(index, max(token.count - 1, 0)), default: 0])
      }
      if difference == 0 { found = (secret.name, secret.role) }
    }
    return found
  }

  /// Name and role of a JSON Web Token with a valid signature whose time is now.
  private func claims(of token: String) -> (String, Route.Access)? {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard !keys.isEmpty, parts.count == 3, let header = WebToken.document(parts[0]),
      let signature = WebToken.bytes(parts[2]), header["crit"] == nil
    else { return nil }
    let message = Array("\(parts[0]).\(parts[1])".utf8)
    let identifier = header["kid"]?.stringValue
    // The key decides the algorithm; a token that names another one (HS256, none) fits no key.
    let isSigned = keys.contains { key in
      key.algorithm == header["alg"]?.stringValue
        && (identifier == nil || key.identifier == nil || key.identifier == identifier)
        && key.accepts(signature, of: message)
    }
    guard isSigned, let claims = WebToken.document(parts[1]) else { return nil }
    let now = unixSeconds()
    guard let end = claims["exp"]?.doubleValue, now < end,
      claims["nbf"].map({ ($0.doubleValue ?? .infinity) <= now }) ?? true
    else { return nil }
    if let audience {
      let names =
        claims["aud"]?.arrayValue?.compactMap(\.stringValue)
        ?? claims["aud"]?.stringValue.map { [$0] } ?? []
      guard names.contains(audience) else { return nil }
    }
    let roles =
      claims["roles"]?.arrayValue?.compactMap(\.stringValue)
      ?? claims["role"]?.stringValue.map { [$0] } ?? []
    guard let role = roles.compactMap({ Route.Access(role: $0) }).max() else { return nil }
    return (claims["sub"]?.stringValue ?? "token", role)
  }
}

extension [UInt8] {
  fileprivate subscript(index: Int, default standard: UInt8) -> UInt8 {
    indices.contains(index) ? self[index] : standard
  }
}

extension Route.Access {
  init?(role: String) {
    switch role {
    case "viewer": self = .viewer
    case "scorer": self = .scorer
    case "trainer": self = .trainer
    case "promoter": self = .promoter
    default: return nil
    }
  }

  var roleName: String { "\(self)" }
}

/// The encoding of JSON Web Tokens.
private enum WebToken {
  static func bytes(_ text: String) -> [UInt8]? {
    guard !text.contains("=") else { return nil }
    let standard = text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
    let padding = String(repeating: "=", count: (4 - standard.count % 4) % 4)
    return Base64.bytes(String(standard) + padding)
  }

  static func document(_ text: String) -> JSONValue? {
    bytes(text).flatMap { try? JSONValue(parsing: $0) }
  }
}

extension WebTokenKey {
  /// A key of a key set; `nil` for kinds that are not taken.
  fileprivate convenience init?(_ json: JSONValue) {
    func number(_ name: String) -> [UInt8]? { json[name]?.stringValue.flatMap(WebToken.bytes) }
    let identifier = json["kid"]?.stringValue
    switch json["kty"]?.stringValue {
    case "RSA":
      guard let modulus = number("n"), let exponent = number("e") else { return nil }
      self.init(modulus: modulus, exponent: exponent, identifier: identifier)
    case "EC":
      guard json["crv"]?.stringValue == "P-256", let x = number("x"), let y = number("y") else {
        return nil
      }
      self.init(x: x, y: y, identifier: identifier)
    default: return nil
    }
  }
}
