import Files

/// The checksums of the files of a version, as `SHA256SUMS` holds them.
///
/// One line a file, `<64 hexadecimal digits>  <path>`, sorted by the bytes of the path: `sha256sum --check` reads it. The
/// digest of a version is the SHA-256 of this file, so it depends on names and contents and on nothing else.
struct ContentSums: Equatable {
  static let fileName = "SHA256SUMS"

  struct Entry: Equatable {
    let path: String
    let digest: String
  }

  let entries: [Entry]

  var bytes: [UInt8] {
    Array(entries.map { "\($0.digest)  \($0.path)\n" }.joined().utf8)
  }

  var digest: String { SHA256.digest(of: bytes).hexadecimal }

  /// Reads every file below `folder` except the sums themselves.
  ///
  /// - Throws: `FileError`, or `RegistryError.invalidContents` for a link, a special name, or no file at all.
  init(ofFilesIn folder: String, name: String) throws {
    var entries: [Entry] = []
    for path in try Self.files(below: folder, name: name) where path != Self.fileName {
      entries.append(
        Entry(path: path, digest: try SHA256.digest(ofFile: "\(folder)/\(path)").hexadecimal))
    }
    guard !entries.isEmpty else {
      throw RegistryError.invalidContents(name, reason: "it has no files")
    }
    self.entries = entries
  }

  /// Size of the files below `folder` together, without the sums.
  static func byteCount(ofFilesIn folder: String, name: String) throws -> Int {
    try files(below: folder, name: name).filter { $0 != fileName }.reduce(0) {
      $0 + (try FileSystem.byteCount(of: "\(folder)/\($1)"))
    }
  }

  /// Reads the file; `nil` when it is not of this form.
  init?(parsing bytes: [UInt8]) {
    guard bytes.last == UInt8(ascii: "\n") else { return nil }
    var entries: [Entry] = []
    for line in bytes.dropLast().split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    {
      let digits = line.prefix(64)
      let path = String(decoding: line.dropFirst(66), as: UTF8.self)
      guard digits.count == 64, digits.allSatisfy(\.isHexadecimal),
        line.dropFirst(64).prefix(2).elementsEqual("  ".utf8), Self.isSafe(path)
      else { return nil }
      entries.append(Entry(path: path, digest: String(decoding: digits, as: UTF8.self)))
    }
    self.entries = entries
    // Also refuses bytes that are not UTF-8, a second entry of a path and another order.
    guard self.bytes == bytes,
      zip(entries, entries.dropFirst()).allSatisfy({ Self.isBefore($0.path, $1.path) })
    else { return nil }
  }

  /// What differs between the files of `folder` and the version of this digest; empty when nothing does.
  ///
  /// Every file is read.
  static func findings(inVersion folder: String, digest: String, name: String) -> [String] {
    let path = "\(folder)/\(fileName)"
    guard FileSystem.isDirectory(folder) else { return ["its folder is missing"] }
    guard FileSystem.exists(path) else { return ["\(fileName) is missing"] }
    let stored: [UInt8]
    let present: [String]
    do {
      stored = try FileSystem.read(path)
      present = try files(below: folder, name: name).filter { $0 != fileName }
    } catch {
      return ["it cannot be read: \(error)"]
    }
    guard SHA256.digest(of: stored).hexadecimal == digest else { return ["\(fileName) differs"] }
    guard let sums = ContentSums(parsing: stored) else { return ["\(fileName) is malformed"] }
    var findings: [String] = []
    var missing = Set(sums.entries.map(\.path))
    let expected = Dictionary(
      sums.entries.map { ($0.path, $0.digest) }, uniquingKeysWith: { $1 })
    for file in present {
      guard let wanted = expected[file] else {
        findings.append("\(file) was added")
        continue
      }
      missing.remove(file)
      do {
        let actual = try SHA256.digest(ofFile: "\(folder)/\(file)").hexadecimal
        if actual != wanted { findings.append("\(file) differs") }
      } catch {
        findings.append("\(file) cannot be read: \(error)")
      }
    }
    return findings + missing.sorted().map { "\($0) is missing" }
  }

  /// Paths of the files below `folder`, relative to it, sorted by bytes.
  ///
  /// Links are refused: what they lead to is not part of the version and may change.
  private static func files(below folder: String, name: String) throws -> [String] {
    var result: [String] = []
    var pending = [""]
    while let prefix = pending.popLast() {
      for entry in try FileSystem.contents(ofDirectory: "\(folder)/\(prefix)") {
        let path = prefix + entry
        guard isSafe(path) else {
          throw RegistryError.invalidContents(
            name, reason: "the file name \(path.debugDescription) is not portable")
        }
        // Reading the target of what is no link fails: then it is a file or a folder, which is fine.
        if (try? FileSystem.symbolicLinkTarget("\(folder)/\(path)")) != nil {
          throw RegistryError.invalidContents(
            name, reason: "\(path) is a link; put a copy of the file there")
        }
        if FileSystem.isDirectory("\(folder)/\(path)") {
          pending.append(path + "/")
        } else {
          result.append(path)
        }
      }
    }
    return result.sorted(by: isBefore)
  }

  private static func isSafe(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    return !path.isEmpty && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
      && path.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }
  }

  private static func isBefore(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }
}
