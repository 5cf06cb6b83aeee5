internal import JSON
internal import YAML

extension DetectorConfiguration {
  /// Reads a detector as a line of YAML, such as `{kind: isolation_forest, ndim: 2}`.
  ///
  /// - Throws: `ConfigurationError` naming what is wrong.
  public init(parsing text: String) throws(ConfigurationError) {
    let json: JSONValue
    do {
      json = try YAMLDocument(parsing: text).json
    } catch {
      throw ConfigurationError("the detector is not YAML: \(error)")
    }
    do throws(Failure) {
      self = try DetectorConfiguration(json)
    } catch {
      throw ConfigurationError("the detector's \(error.key): \(error.reason)")
    }
  }
}
