import Files
import Testing
import Transactions

@testable import Pipeline

@Suite struct ConfigurationReferenceTests {
  private let root = "\(#filePath)".split(separator: "/").dropLast(3).joined(separator: "/")

  @Test func `the guide is the page that the program prints`() throws {
    let page = try FileSystem.readText("/\(root)/notebooks-md/guides/configuration.md")
    #expect(page.contains(#""kind":"speed""#), "every kind of feature is shown")
    #expect(
      try page == ConfigurationReference.markdown(),
      "write it again: anomalyze config reference > notebooks-md/guides/configuration.md")
  }

  @Test func `the project's own configuration uses known keys only, and every key is told once`()
    throws
  {
    _ = try LabConfiguration(contentsOf: "/\(root)/anomalyze.yaml")
    let paths = ConfigurationKey.all.map(\.path)
    #expect(Set(paths).count == paths.count)
    for path in paths where path.contains(".") {
      let section = path.split(separator: ".").dropLast().joined(separator: ".")
      #expect(paths.contains(section), "\(section) of \(path) is told")
    }
  }

  @Test func `what is left out is as the reference says`() throws {
    let folder = "/tmp/anomalyze-reference-\(UInt64.random(in: 0...UInt64.max))"
    defer { try? FileSystem.removeTree(folder) }
    try FileSystem.createDirectory(folder)
    try FileSystem.writeAtomically(
      Array("features: [amount]\nmodels: [{name: m, detectors: [{kind: gaussian}]}]\n".utf8),
      to: "\(folder)/anomalyze.yaml")
    let configuration = try LabConfiguration(contentsOf: "\(folder)/anomalyze.yaml")
    #expect(configuration.evaluation.trainingRowLimit == 500_000)
    #expect(configuration.evaluation.delay == .days(7))
    #expect(configuration.evaluation.costPerMissedFraud == 100)
    #expect(configuration.job.limits.freeByteCount == 256 << 20)
    #expect(configuration.job.notifications.occasions == [.promoted, .refused, .failed])
    #expect(configuration.job.server == nil)
    #expect(configuration.source == "sqlite:var/transactions.sqlite")
  }
}
