// Changes a registry in a process of its own, which a test ends at a step or at any moment.
//
//     registry-probe ROOT ACKNOWLEDGEMENTS COMMAND ARGUMENT…
//
// Whatever is done when the process ends has its line in the file ACKNOWLEDGEMENTS. The environment variable
// ANOMALYZE_FAULT=STEP or STEP:COUNT ends it by SIGKILL when it reaches that step for the COUNTth time.

import Files
import Glibc
import Registry
import Synchronization
import Terminal
import Transactions

let faultsSeen = Atomic(0)

func makeObserver() throws -> @Sendable (RegistryStep) -> Void {
  guard let fault = Terminal.environment("ANOMALYZE_FAULT") else { return { _ in } }
  let parts = fault.split(separator: ":")
  let count = parts.count > 1 ? Int(parts[1]) ?? 1 : 1
  guard let step = RegistryStep(rawValue: String(parts[0])) else {
    fatalError("no step is called \(parts[0])")
  }
  return { reached in
    guard reached == step else { return }
    if faultsSeen.add(1, ordering: .relaxed).newValue == count { kill(getpid(), SIGKILL) }
  }
}

struct Probe: ~Copyable {
  let root: String
  let acknowledgements: String
  let registry: Registry

  func acknowledge(_ line: String) throws {
    let size =
      FileSystem.exists(acknowledgements) ? try FileSystem.byteCount(of: acknowledgements) : 0
    try FileSystem.append(Array("\(line)\n".utf8), to: acknowledgements, keeping: size)
  }

  func run(_ command: String, _ arguments: [String], at moment: Timestamp) throws {
    let number = arguments.last.flatMap { Int($0) } ?? 0
    switch command {
    case "register":
      for index in 0..<max(number, 1) {
        let done = try registry.register(name: "fraud", by: "probe", at: moment) { staged in
          try staged.write(
            Array("\(arguments[0]) \(index)\n".utf8) + [UInt8](repeating: 7, count: 20_000),
            to: "model.json")
          try staged.write([UInt8](repeating: 1, count: 1_000), to: "plots/curve.svg")
        }
        try acknowledge("version \(done.version) \(done.digest)")
      }
    case "promote":
      let done = try registry.setAlias(
        "champion", of: "fraud", to: number, by: "probe", at: moment)
      try acknowledge("champion \(number) \(done.sequence)")
    case "claim":
      // Everybody saw the alias unset; one of them is right.
      _ = try registry.setAlias(
        "champion", of: "fraud", to: number, by: "probe", expecting: 0, at: moment)
      try acknowledge("claimed \(number)")
    case "rollback":
      let done = try registry.rollBack("fraud", by: "probe", at: moment)
      try acknowledge("champion \(done.version ?? 0) \(done.sequence)")
    case "collect":
      let done = try registry.collect(
        "fraud", RetentionPolicy(newestCount: number), by: "probe", at: moment)
      for version in done.removed { try acknowledge("removed \(version.version)") }
    case "show":
      print(try registry.resolve("fraud").version, try registry.verify().isIntact)
    default: fatalError("no command is called \(command)")
    }
  }

  /// Changes at random until somebody ends the process.
  func churn(seed: UInt64, at moment: Timestamp) throws {
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    while true {
      let newest = try registry.models().first?.newestVersion ?? 0
      switch next(10) {
      case 0..<4: try run("register", ["\(seed)-\(state)"], at: moment)
      case 4..<7 where newest > 0: try attempt("promote", [String(1 + next(newest))], at: moment)
      case 7..<9 where newest > 1: try attempt("rollback", [], at: moment)
      case 9 where newest > 8: try attempt("collect", ["6"], at: moment)
      default: break
      }
    }
  }

  /// A random wish may be one that the registry refuses, such as a version that retention removed.
  private func attempt(_ command: String, _ arguments: [String], at moment: Timestamp) throws {
    do {
      try run(command, arguments, at: moment)
    } catch let error as RegistryError where error.kind == .usage {
    }
  }
}

func main() throws {
  let arguments = CommandLine.arguments
  let moment = Timestamp(seconds: 1_772_323_200)
  let observer = try makeObserver()
  if arguments[3] == "rebuild" {
    _ = try Registry.rebuild(root: arguments[1], by: "probe", at: moment, observer: observer)
    return
  }
  let probe = Probe(
    root: arguments[1], acknowledgements: arguments[2],
    registry: try Registry(
      root: arguments[1], access: arguments[3] == "show" ? .readOnly : .readWrite,
      secondsAllowed: 60, observer: observer))
  if arguments[3] == "churn" {
    try probe.churn(seed: UInt64(arguments[4]) ?? 1, at: moment)
  } else {
    try probe.run(arguments[3], Array(arguments.dropFirst(4)), at: moment)
  }
}

do {
  try main()
} catch {
  print("registry-probe: \(error)")
  exit(1)
}
