internal import CSpawn
internal import Glibc
internal import PostgreSQL
internal import Synchronization

/// A real PostgreSQL server that lives as long as the test process: its cluster is in a temporary folder, it listens on a free
/// port of the loopback interface and on a socket in that folder, and nothing of it is left afterwards.
///
/// A small shell stands between: it starts the server and holds the reading end of a pipe. When the test process ends, by
/// whatever signal, the pipe closes, and the shell stops the server and removes the folder. As root, the server runs as the user
/// `postgres`. Durability is off, the server's time zone is far from UTC on purpose, and no table is locked for cleaning at a
/// moment that no test has chosen.
public final class ThrowawayPostgreSQL: Sendable {
  /// The server that tests share; each test makes a database of its own in it.
  public static let shared = Result { try ThrowawayPostgreSQL() }

  /// False when `ANOMALYZE_SKIP_POSTGRESQL=1`, as in `make test-fast`.
  public static var isWanted: Bool {
    unsafe getenv("ANOMALYZE_SKIP_POSTGRESQL").map { unsafe String(cString: $0) } != "1"
  }

  /// Why there is no server; tests fail with it rather than skip silently.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// The folder of cluster, socket and log.
  public let folder: String
  /// The port on 127.0.0.1.
  public let port: Int
  /// The superuser's name.
  public let user = "anomalyze"
  /// The superuser's password, which TCP connections need.
  public let password = "correct-horse"
  private let commands: Int32
  private let shell: pid_t
  private let databaseCount = Atomic(0)

  /// Makes a cluster and waits until its server answers.
  public init() throws {
    let binaries = try ThrowawayPostgreSQL.locateBinaries()
    var template = Array("/tmp/anomalyze-postgresql-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else {
      throw Failure(description: "no temporary folder can be made in /tmp")
    }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    port = try ThrowawayPostgreSQL.freePort()
    (commands, shell) = try ThrowawayPostgreSQL.spawn(
      [
        "/bin/sh", "-c", ThrowawayPostgreSQL.script, "sh", folder, binaries, String(port), user,
        password,
      ], log: "\(folder)/log")
    try waitUntilReady()
  }

  /// Ends the server. A shell that nobody waits for would stay among the process's children, where the testing library's
  /// own wait for a child would find it again and again.
  deinit {
    send("stop\n")
    close(commands)
    while waitpid(shell, nil, 0) < 0 && errno == EINTR {}
  }

  private static func locateBinaries() throws -> String {
    for version in stride(from: 30, through: 14, by: -1) {
      let folder = "/usr/lib/postgresql/\(version)/bin"
      if unsafe access("\(folder)/initdb", X_OK) == 0 { return folder }
    }
    throw Failure(
      description:
        "no PostgreSQL server programs in /usr/lib/postgresql/*/bin: `apt-get install postgresql`, or leave these tests out with `make test-fast`"
    )
  }

  private static let script = """
    folder=$1 binaries=$2 port=$3 user=$4 password=$5
    trap '' INT TERM HUP
    as_server() { exec "$@"; }
    if [ "$(id -u)" = 0 ]; then
      chown postgres "$folder"
      as_server() { exec setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }
    fi
    printf %s "$password" >"$folder/password"
    chmod 644 "$folder/password"
    cd "$folder"
    (as_server "$binaries/initdb" --pgdata="$folder/data" --username="$user" --pwfile="$folder/password" \\
      --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --locale=C --no-sync) </dev/null
    start() {
      (as_server "$binaries/postgres" -D "$folder/data" -c listen_addresses=127.0.0.1 -c port="$port" \\
        -c unix_socket_directories="$folder" -c fsync=off -c full_page_writes=off \\
        -c shared_buffers=64MB -c max_connections=50 -c autovacuum=off \\
        -c timezone=Asia/Kathmandu) </dev/null &
      server=$!
    }
    start
    while read -r command; do
      case $command in
        start) start ;;
        stop) break ;;
        crash) kill -KILL "$server"; wait "$server" ;;
      esac
    done
    kill -QUIT "$server"
    wait "$server"
    rm -rf "$folder"
    """

  /// Starts a program whose standard input is a pipe; returns the writing end and the program's process.
  private static func spawn(_ arguments: [String], log: String) throws -> (Int32, pid_t) {
    var ends: [Int32] = [0, 0]
    guard unsafe pipe(&ends) == 0 else { throw Failure(description: "no pipe") }
    // No other program that the tests start may inherit the pipe, or it would keep the server alive.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
    unsafe _ = posix_spawn_file_actions_addclosefrom_np(&actions, 3)
    var pointers = unsafe arguments.map { unsafe strdup($0) }
    unsafe pointers.append(nil)
    var child: pid_t = 0
    let code = unsafe posix_spawn(&child, arguments[0], &actions, nil, pointers, environ)
    unsafe posix_spawn_file_actions_destroy(&actions)
    for index in arguments.indices { unsafe free(pointers[index]) }
    close(ends[0])
    guard code == 0 else { throw Failure(description: "the shell does not start") }
    return (ends[1], child)
  }

  private static func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        unsafe bind(descriptor, generic, length) == 0
          && getsockname(descriptor, generic, &length) == 0
      }
    }
    guard code else { throw Failure(description: "no free port on 127.0.0.1") }
    return Int(UInt16(bigEndian: address.sin_port))
  }

  /// Waits until the server answers, at most a minute.
  public func waitUntilReady() throws {
    var last: (any Error)?
    for _ in 0..<600 {
      do {
        _ = try PostgreSQLConnection(url("postgres"))
        return
      } catch { last = error }
      usleep(100_000)
    }
    throw Failure(
      description:
        "the server in \(folder) does not answer; see its log there: \(last.map { "\($0)" } ?? "")")
  }

  /// The URL of a database over TCP, as the superuser or as another user.
  public func url(_ database: String, user: String? = nil, password: String? = nil) -> String {
    "postgresql://\(user ?? self.user):\(password ?? self.password)@127.0.0.1:\(port)/\(database)"
  }

  /// The URL of a database over the server's socket, where no password is asked for.
  public func socketURL(_ database: String) -> String {
    "postgresql:///\(database)?host=\(folder)&port=\(port)&user=\(user)"
  }

  /// Makes an empty database and returns its name.
  public func makeDatabase(options: String = "") throws -> String {
    let number = databaseCount.wrappingAdd(1, ordering: .relaxed).newValue
    let name = "test_\(number)"
    try PostgreSQLConnection(url("postgres")).execute("CREATE DATABASE \(name) \(options)")
    return name
  }

  /// Ends the server with SIGKILL, as the machine's failure would; `start()` recovers it.
  public func crash() { send("crash\n") }

  /// Starts the server again after `crash()` and waits for it.
  public func start() throws {
    send("start\n")
    try waitUntilReady()
  }

  private func send(_ command: String) {
    let bytes = Array(command.utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(commands, $0.baseAddress, $0.count) }
  }
}
