/// Points of one series: times and values, one of each a point.
public struct TimeSeries: Equatable, Sendable {
  /// When the values were seen.
  public var timestamps: [Timestamp]
  /// The values.
  public var values: [Double]

  /// Joins times and values.
  ///
  /// - Precondition: There is a time for each value.
  public init(timestamps: [Timestamp] = [], values: [Double] = []) {
    precondition(timestamps.count == values.count, "a point has a time and a value")
    self.timestamps = timestamps
    self.values = values
  }
}
