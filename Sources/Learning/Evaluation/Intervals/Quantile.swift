/// Quantiles by linear interpolation between order statistics, as numpy's default.
enum Quantile {
  /// The quantile `probability` of ascending `values`.
  ///
  /// - Precondition: there is a value.
  static func ofSorted(_ values: [Double], _ probability: Double) -> Double {
    precondition(!values.isEmpty, "nothing has no quantile")
    let position = probability * Double(values.count - 1)
    let lower = Int(position)
    let upper = min(lower + 1, values.count - 1)
    return values[lower] + (values[upper] - values[lower]) * (position - Double(lower))
  }
}
