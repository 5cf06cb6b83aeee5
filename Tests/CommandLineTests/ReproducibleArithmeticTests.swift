import Files
import Subprocess
import Testing

/// Rule 3 of decision 6, read from the machine code that these tests run: what determines a model's bytes calls no function of the C
/// library's mathematics, whose last bit differs from version to version, and fuses no multiplication with an addition.
@Suite struct ReproducibleArithmeticTests {
  /// The modules on the path from rows to a model's bytes.
  private static let modules = ["Tabular", "Features", "Models", "Training"]

  private static func objects(of module: String) throws -> [String] {
    let folder = FileSystem.parentDirectory(of: try Laboratory.program("anomalyze"))
    let path = "\(folder)/\(module).build"
    return try FileSystem.contents(ofDirectory: path).filter { $0.hasSuffix(".o") }
      .map { "\(path)/\($0)" }
  }

  private static func lines(_ program: String, _ arguments: [String]) throws -> [Substring] {
    let outcome = try Subprocess(
      path: "/usr/bin/env", arguments: [program] + arguments,
      environment: ["PATH=/usr/bin:/bin", "LC_ALL=C"]
    ).run()
    try #require(outcome.exitCode == 0, "\(String(decoding: outcome.errorOutput, as: UTF8.self))")
    return String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")
  }

  @Test(arguments: modules) func `no function of libm is called`(module: String) throws {
    let mathematics =
      /\s(?:exp|exp2|exp10|expm1|log|log2|log10|log1p|pow|sin|cos|tan|atan|atan2|sinh|cosh|tanh|cbrt|hypot|fma|erf|erfc|lgamma|tgamma)[fl]?$/
    let objects = try Self.objects(of: module)
    #expect(!objects.isEmpty)
    let undefined = try Self.lines("nm", ["-u"] + objects)
    #expect(undefined.count > 20)
    #expect(undefined.filter { $0.contains(mathematics) } == [])
  }

  @Test(arguments: modules) func `no multiplication is fused with an addition`(
    module: String
  ) throws {
    let objects = try Self.objects(of: module).map { "'\($0)'" }.joined(separator: " ")
    let counts = try Self.lines(
      "sh",
      [
        "-c",
        "objdump -d --no-show-raw-insn \(objects) | awk '/\\tv?mul[sp]d/ { m++ } "
          + "/\\tvfn?m(add|sub)/ { f++ } END { print m + 0, f + 0 }'",
      ])
    let numbers = counts[0].split(separator: " ").compactMap { Int($0) }
    #expect(numbers[0] > 0)
    #expect(numbers[1] == 0)
  }
}
