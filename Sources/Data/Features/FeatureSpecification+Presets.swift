internal import JSON

extension FeatureSpecification {
  /// The names of the presets.
  public static let presetNames = ["handbook", "standard"]

  /// The preset called `name`.
  ///
  /// - Throws: `FeatureError.invalidSetting` for an unknown name.
  public static func preset(
    named name: String, path: String = "features"
  ) throws(FeatureError) -> FeatureSpecification {
    let text: String
    switch name {
    case "handbook": text = handbookJSON
    case "standard": text = standardJSON
    default:
      throw .invalidSetting(
        path: path, reason: "is no preset; there are \(presetNames.joined(separator: ", "))")
    }
    do {
      return try FeatureSpecification(JSONValue(parsing: text), path: path)
    } catch let error as FeatureError {
      throw error
    } catch {
      preconditionFailure("the preset \(name) is not readable: \(error)")
    }
  }

  /// The 15 features of the "Reproducible Machine Learning for Credit Card Fraud Detection" handbook: its night is
  /// midnight to 6:59, its windows contain the current transaction, its labels are known after 7 days.
  private static let handbookJSON = """
    [
      "amount",
      "weekend",
      {"kind": "night", "from": 0, "to": 7},
      {"kind": "count", "entity": "user", "windows": ["1d", "7d", "30d"]},
      {"kind": "mean", "entity": "user", "windows": ["1d", "7d", "30d"]},
      {"kind": "count", "entity": "terminal", "windows": ["1d", "7d", "30d"], "delay": "7d"},
      {"kind": "risk", "entity": "terminal", "windows": ["1d", "7d", "30d"], "delay": "7d"}
    ]
    """

  /// What finds fraud in the transactions that this project generates and in most card portfolios.
  private static let standardJSON = """
    [
      "log_amount",
      "weekend",
      {"kind": "night", "from": 0, "to": 6},
      {"kind": "z_score", "of": "log_amount", "entity": "user", "window": "history",
       "prior_weight": 5},
      {"kind": "ratio", "entity": "user", "window": "30d", "prior_weight": 3},
      {"kind": "count", "entity": "user", "windows": ["1h", "1d", "7d"]},
      {"kind": "sum", "entity": "user", "window": "1d"},
      {"kind": "seconds_since_last", "entity": "user", "cap": "30d", "log": true},
      {"kind": "repeats", "entity": "user", "window": "1d"},
      {"kind": "is_new", "of": "device", "entity": "user"},
      {"kind": "is_new", "of": "merchant", "entity": "user"},
      {"kind": "is_new", "of": "location", "entity": "user"},
      {"kind": "rarity", "of": "merchant_category", "entity": "user", "window": "history"},
      {"kind": "distinct", "of": "merchant", "entity": "user", "window": "1d"},
      {"kind": "hour_rarity", "entity": "user", "cycle": "day"},
      {"kind": "distance", "entity": "user"},
      {"kind": "speed", "entity": "user", "floor": "60s", "radius": 10},
      {"kind": "risk", "entity": "terminal", "window": "28d", "delay": "7d",
       "prior_weight": 10, "prior_rate": 0.005},
      {"kind": "risk", "entity": "merchant", "window": "28d", "delay": "7d",
       "prior_weight": 20, "prior_rate": 0.005},
      {"kind": "risk", "entity": "device", "window": "28d", "delay": "7d",
       "prior_weight": 5, "prior_rate": 0.005},
      {"kind": "count", "entity": "device", "window": "1d"},
      {"kind": "count", "entity": "terminal", "window": "1d"}
    ]
    """
}
