import Files
import Support
import Testing

/// What becomes of workers when the one who wants their work is gone.
@Suite struct ShardFaultTests {
  /// Kills the driver while a worker waits for its rows, and says whether that worker has ended.
  static func killDriver(
    _ laboratory: Laboratory, engine: String, environment: [String] = []
  ) throws -> String {
    let program = try Laboratory.program("anomalyze")
    // A shard that never comes: nobody writes into the pipe.
    try laboratory.shell("rm parts/4.csv && mkfifo parts/4.csv")
    // A shell in between, as site scripts are, which does not pass signals on.
    try laboratory.write(
      """
      #!/bin/sh
      [ "$1" = --version ] && exec '\(program)' --version
      cat >"$PWD/input-$$"
      if grep -q 4.csv "$PWD/input-$$"; then
        '\(program)' "$@" <"$PWD/input-$$" &
        echo $! >'\(laboratory.folder)/worker.pid'
        wait
      else
        '\(program)' "$@" <"$PWD/input-$$"
      fi
      """, to: "worker")
    try laboratory.write(
      """
      export \((environment + ["HOME=/tmp"]).joined(separator: " "))
      '\(program)' fit parts --key tx_id --detector '{kind: isolation_forest}' --engine \(engine) \\
        --workers 2 --worker "$PWD/worker" --out model >log 2>&1 &
      driver=$!
      tries=0
      until [ -s worker.pid ] || [ $tries -gt 600 ]; do sleep 0.1; tries=$((tries + 1)); done
      worker=$(cat worker.pid)
      kill -0 "$worker" || { cat log; exit 1; }
      kill -9 "$driver"
      tries=0
      while kill -0 "$worker" 2>/dev/null && [ $tries -lt 200 ]; do
        sleep 0.1; tries=$((tries + 1))
      done
      if kill -9 "$worker" 2>/dev/null; then echo orphaned >ending; else echo ended >ending; fi
      """, to: "scene.sh")
    try laboratory.shell("chmod +x worker && sh scene.sh")
    return try FileSystem.readText("\(laboratory.folder)/ending")
  }

  @Test(.timeLimit(.minutes(hangMinutes)))
  func `workers of this machine end with a driver that is killed`() throws {
    let laboratory = try ShardCommandTests.withFiles()
    #expect(try Self.killDriver(laboratory, engine: "local") == "ended\n")
  }
}
