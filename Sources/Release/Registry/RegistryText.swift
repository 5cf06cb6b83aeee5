/// Limits of what people write into a registry, so that no single note makes the history unreadable.
enum RegistryText {
  static func check(actor: String) throws(RegistryError) {
    guard !actor.isEmpty else { throw .invalidText(of: "actor", reason: "it is empty") }
    try check(actor, of: "actor", byteLimit: 256, allowsLines: false)
  }

  static func check(reason: String) throws(RegistryError) {
    try check(reason, of: "reason", byteLimit: 4_096, allowsLines: true)
  }

  static func check(comment: String) throws(RegistryError) {
    try check(comment, of: "comment", byteLimit: 4_096, allowsLines: true)
  }

  static func check(
    tags: [String: String], description: String
  ) throws(RegistryError) {
    guard tags.count <= 64 else {
      throw .invalidText(of: "tags", reason: "there are more than 64")
    }
    for (name, value) in tags {
      guard !name.isEmpty else { throw .invalidText(of: "tag", reason: "a name is empty") }
      try check(name, of: "tag", byteLimit: 128, allowsLines: false)
      try check(value, of: "tag \(name)", byteLimit: 1_024, allowsLines: false)
    }
    try check(description, of: "description", byteLimit: 65_536, allowsLines: true)
  }

  private static func check(
    _ text: String, of what: String, byteLimit: Int, allowsLines: Bool
  ) throws(RegistryError) {
    guard text.utf8.count <= byteLimit else {
      throw .invalidText(of: what, reason: "it is longer than \(byteLimit) bytes")
    }
    let isClean = text.utf8.allSatisfy { byte in
      byte >= 0x20 && byte != 0x7F
        || allowsLines && (byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\t"))
    }
    guard isClean else { throw .invalidText(of: what, reason: "it holds control characters") }
  }
}
