import JSON
import Models
import Pipeline
import Tabular
import Testing

struct DetectorCategoriesTests {
  @Test(arguments: [["kind": "isolation_forest"], ["kind": "isolation_forest", "preset": "auto"]])
  func `features that are categories reach the forest`(json: JSONValue) throws {
    let plain = try DetectorConfiguration(json)
    #expect(try plain.knowing(categorical: []) == plain)
    let detector = try plain.knowing(categorical: ["device"])
    #expect(detector.categoricalFeatures == ["device"])
    #expect(try DetectorConfiguration(detector.json) == detector)
    #expect(plain.json["categorical_features"] == nil)
    let matrix = Matrix<Double>(rows: (0..<60).map { [Double($0), Double($0 % 3)] })
    let fitted = try detector.fit(
      matrix, featureNames: ["amount", "device"], rowKeys: (0..<60).map { UInt64($0) },
      labels: Array(repeating: false, count: 60), threadCount: 1
    ).detector
    #expect(fitted.encoded().description["categorical"]?.arrayValue == [.integer(1)])
  }

  @Test(arguments: ["gaussian", "ensemble"])
  func `detectors of numbers refuse them`(kind: String) throws {
    let detector = try DetectorConfiguration(["kind": .string(kind)])
    #expect(throws: (any Error).self) { try detector.knowing(categorical: ["device"]) }
  }

  @Test func `a list of names is asked for`() {
    #expect(throws: DetectorConfiguration.Failure.self) {
      try DetectorConfiguration(["kind": "isolation_forest", "categorical_features": "device"])
    }
  }
}
