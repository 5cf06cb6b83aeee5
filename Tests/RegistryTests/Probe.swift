import Files
import Registry
import Subprocess

/// Runs the program `RegistryProbe`, which changes a registry in a process of its own.
struct Probe {
  let layout: RegistryLayout
  let acknowledgements: String

  init(_ scratch: borrowing Scratch) {
    layout = scratch.layout
    acknowledgements = scratch.root + "/acknowledged"
  }

  /// How the process ended.
  enum Ending: Equatable {
    case exited(Int32, String)
    case killed
  }

  /// The program lies beside the running test program.
  static func program() throws -> String {
    let own = try FileSystem.symbolicLinkTarget("/proc/self/exe") ?? ""
    let arguments = CommandLine.arguments.joined(separator: "\n")
    // Under SwiftPM's helper the bundle is an argument; run directly it is the program itself.
    let bundle = arguments.split(separator: "\n").first { $0.hasSuffix(".xctest") }
    let path = bundle.map(String.init) ?? own
    return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) + "/RegistryProbe"
  }

  @discardableResult
  func run(
    _ command: String, _ arguments: String..., fault: String? = nil, secondsAllowed: Double = 60
  ) throws -> Ending {
    var program = Subprocess(
      path: try Self.program(), arguments: [layout.root, acknowledgements, command] + arguments,
      environment: [])
    if let fault { program.environment = ["ANOMALYZE_FAULT=\(fault)"] }
    program.secondsAllowed = secondsAllowed
    let outcome: Subprocess.Outcome
    do {
      outcome = try program.run()
    } catch {
      guard case .timedOut = error else { throw error }
      return .killed
    }
    if outcome.signal == 9 { return .killed }
    return .exited(outcome.exitCode, String(decoding: outcome.output, as: UTF8.self))
  }

  /// What the process said it had finished, as words.
  func acknowledged() throws -> [[String]] {
    guard FileSystem.exists(acknowledgements) else { return [] }
    return try FileSystem.readText(acknowledgements).split(separator: "\n")
      .map { $0.split(separator: " ").map(String.init) }
  }
}
