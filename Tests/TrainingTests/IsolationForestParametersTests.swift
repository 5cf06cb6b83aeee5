import JSON
import Models
import Testing
import Training

struct IsolationForestParametersTests {
  @Test func `the scikit-learn preset has its defaults`() throws {
    let parameters = try IsolationForestParameters(["preset": "scikit_learn"])
    #expect(parameters == (try IsolationForestParameters()))
    #expect(parameters.treeCount == 100)
    #expect(parameters.sampleSize == .automatic)
    #expect(parameters.featureCount == .fraction(1))
    #expect(try IsolationForestParameters(["split": "axis"]) == parameters)
  }

  @Test func `without a preset it is the fair-cut forest, and keys override it`() throws {
    #expect(try IsolationForestParameters([:]) == .fairCut())
    let parameters = try IsolationForestParameters(["n_estimators": 7, "ndim": 2])
    #expect(parameters.splitRule == .pooledGain(dimensions: 2))
    #expect(parameters.treeCount == 7)
    #expect(parameters.depthLimit == .levels(10))
  }

  @Test func `what is written is read back`() throws {
    let parameters = try IsolationForestParameters(
      treeCount: 7, sampleSize: .fraction(0.5), contamination: .share(0.01),
      featureCount: .count(3), drawsWithReplacement: true, splitRule: .pooledGain(dimensions: 3),
      depthLimit: .unlimited,
      pathLength: .approximate, seed: .max)
    #expect(try IsolationForestParameters(parameters.json) == parameters)
    #expect(try IsolationForestParameters(IsolationForestParameters().json).seed == 0)
  }

  @Test(arguments: [
    #"{"alert_budget":50}"#, #"{"false_alarm_rate":0.01}"#, #"{"split":"averaged_gain","ndim":3}"#,
    #"{"preset":"scikit_learn","max_depth":12}"#,
  ])
  func `settings survive being written`(text: String) throws {
    let parameters = try IsolationForestParameters(JSONValue(parsing: text))
    #expect(try IsolationForestParameters(parameters.json) == parameters)
  }

  @Test(arguments: [
    (#"{"alert_budget":0}"#, "alert_budget"), (#"{"false_alarm_rate":0.7}"#, "false_alarm_rate"),
    (#"{"alert_budget":5,"contamination":0.1}"#, "alert_budget"),
    (#"{"n_estimators":0}"#, "n_estimators"), (#"{"n_estimators":"many"}"#, "n_estimators"),
    (#"{"max_samples":0}"#, "max_samples"), (#"{"max_samples":1.5}"#, "max_samples"),
    (#"{"max_samples":"all"}"#, "max_samples"), (#"{"contamination":0.6}"#, "contamination"),
    (#"{"contamination":-0.1}"#, "contamination"), (#"{"max_features":0.0}"#, "max_features"),
    (#"{"bootstrap":1}"#, "bootstrap"), (#"{"split":"best"}"#, "split"),
    (#"{"preset":"best"}"#, "preset"), (#"{"preset":"scikit_learn","ndim":2}"#, "ndim"),
    (#"{"split":"axis","ndim":2}"#, "ndim"), (#"{"ndim":0}"#, "ndim"),
    (#"{"max_depth":0}"#, "max_depth"),
    (#"{"path_length":"guess"}"#, "path_length"), ("[]", "isolation_forest"),
  ])
  func `a wrong value is named`(text: String, name: String) throws {
    let json = try JSONValue(parsing: text)
    #expect {
      try IsolationForestParameters(json)
    } throws: { error in
      guard case .invalidParameter(name, _, _)? = error as? TrainingError else { return false }
      return true
    }
  }

  @Test func `an unknown parameter is named with the known ones`() throws {
    let json = try JSONValue(parsing: #"{"n_trees":5}"#)
    let error = #expect(throws: TrainingError.self) { try IsolationForestParameters(json) }
    #expect(error?.description.contains("n_trees; known: n_estimators") == true)
  }
}
