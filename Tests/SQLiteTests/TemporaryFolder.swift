import Glibc

/// A folder that lives as long as a test.
struct TemporaryFolder: ~Copyable {
  let path: String

  init() {
    path = "/tmp/anomalyze-sqlite-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    unsafe mkdir(path, 0o700)
  }

  func write(_ text: String, to path: String) {
    let file = unsafe fopen(path, "w")
    unsafe fputs(text, file)
    unsafe fclose(file)
  }

  deinit {
    for name in ["a.sqlite", "a.sqlite-wal", "a.sqlite-shm", "a.sqlite-journal"] {
      unsafe unlink("\(path)/\(name)")
    }
    unsafe rmdir(path)
  }
}
