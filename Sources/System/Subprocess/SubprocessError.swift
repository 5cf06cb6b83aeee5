/// Why a program could not be run to its end; nothing of its input or output is quoted.
public enum SubprocessError: Error, Equatable, CustomStringConvertible {
  /// No executable file of this name is in the search path.
  case programNotFound(name: String, searchPath: String)
  /// The operating system refused to start the program.
  case cannotStart(program: String, operation: String, code: Int32)
  /// The program ran longer than it was allowed to and was ended.
  case timedOut(program: String, seconds: Double)
  /// The program wrote more than it was allowed to and was ended.
  case outputTooLarge(program: String, byteLimit: Int)

  public var description: String {
    switch self {
    case .programNotFound(let name, let searchPath):
      "\(name) is not installed (looked in \(searchPath))"
    case .cannotStart(let program, let operation, let code):
      "\(program) could not be started: \(operation) failed with error number \(code)"
    case .timedOut(let program, let seconds):
      "\(program) did not end within \(seconds) s and was stopped"
    case .outputTooLarge(let program, let byteLimit):
      "\(program) wrote more than \(byteLimit) bytes and was stopped"
    }
  }
}
