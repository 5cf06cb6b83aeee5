import Files

/// A variable of this process.
public func environment(_ name: String) throws -> String? {
  try FileSystem.read("/proc/self/environ").split(separator: 0)
    .map { String(decoding: $0, as: UTF8.self) }
    .first { $0.hasPrefix(name + "=") }
    .map { String($0.dropFirst(name.utf8.count + 1)) }
}
