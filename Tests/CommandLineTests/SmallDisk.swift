import Subprocess
import Testing

/// A file system of memory with a size of its own, mounted at a folder that only programs in its namespace see it in.
///
/// A shell in user and mount namespaces of its own holds it, so that nobody needs rights and nothing of it outlives the test.
final class SmallDisk {
  /// Whether this machine lets its users make such namespaces.
  static let isPossible: Bool = {
    let arguments = [
      "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt",
    ]
    return (try? Subprocess(path: "/usr/bin/unshare", arguments: arguments).run())?.exitCode == 0
  }()

  private let holder: Conversation
  /// The process in whose namespaces the disk is.
  private let process: String

  /// Mounts a disk of `mebibytes` MiB at `folder`, which exists.
  init(at folder: String, mebibytes: Int) throws {
    let script = """
      mount -t tmpfs -o size="$2"m tmpfs "$1" || exit 1
      cd "$1" || exit 1
      read -r _ && echo $$
      while read -r free; do
        rm -f filler
        available=$(df --output=avail -k . | tail -n 1)
        if [ "$free" -lt "$available" ]; then fallocate -l "$((available - free))KiB" filler; fi
        df --output=avail -k . | tail -n 1
      done
      """
    holder = try Conversation(
      with: Subprocess(
        path: "/usr/bin/unshare",
        arguments: [
          "--user", "--map-root-user", "--mount", "/bin/sh", "-c", script, "sh", folder,
          String(mebibytes),
        ], environment: ["PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"]))
    let answer = try #require(holder.answer(to: []), "no disk of memory can be mounted")
    process = String(decoding: answer, as: UTF8.self)
  }

  /// What goes before a command so that it sees the disk.
  var command: [String] {
    ["nsenter", "--target", process, "--user", "--mount", "--preserve-credentials", "env"]
  }

  /// How paths begin for a process that is not in the namespace.
  var root: String { "/proc/\(process)/root" }

  /// Fills the disk until `kibibytes` KiB, a multiple of the page's 4, are free, or frees what was filled before.
  func leave(kibibytes: Int) throws {
    let answer = try #require(holder.answer(to: Array(String(kibibytes).utf8)))
    let free = Int(String(decoding: answer, as: UTF8.self).filter(\.isNumber))
    try #require(free == kibibytes, "\(free ?? -1) KiB are free")
  }
}
