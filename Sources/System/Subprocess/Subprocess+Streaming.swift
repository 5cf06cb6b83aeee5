internal import Glibc

extension Subprocess {
  /// Runs the program and lends the path of its standard output while it writes, for output of any length.
  ///
  /// What is not read when `body` returns is lost; the program then ends by a broken pipe. Its limits on time and output do
  /// not apply.
  ///
  /// - Returns: what `body` returned or threw, and what the program left behind besides its output.
  /// - Throws: `SubprocessError.cannotStart`
  public func streaming<Result>(
    _ body: (_ path: String) throws -> Result
  ) throws(SubprocessError) -> (result: Swift.Result<Result, any Error>, outcome: Outcome) {
    let input = try makeInputFile([])
    let errors = try makeInputFile([])
    let output = try makePipe()
    let process = try spawn(
      input: input.number, output: output.writeEnd.number, errors: errors.number)
    output.writeEnd.close()
    let result = Swift.Result { try body("/proc/self/fd/\(output.readEnd.number)") }
    output.readEnd.close()
    let outcome = Self.waitForEnd(of: process)
    return (
      result,
      Outcome(
        exitCode: outcome.exitCode, signal: outcome.signal, output: [],
        errorOutput: errors.lastBytes(65_536))
    )
  }
}

extension FileDescriptor {
  /// The last bytes of the file, at most `limit`.
  func lastBytes(_ limit: Int) -> [UInt8] {
    let size = Int(lseek(number, 0, SEEK_END))
    var buffer = [UInt8](repeating: 0, count: min(limit, max(0, size)))
    let count = unsafe buffer.withUnsafeMutableBytes {
      unsafe pread(number, $0.baseAddress, $0.count, off_t(max(0, size - limit)))
    }
    return Array(buffer[..<max(0, count)])
  }
}
