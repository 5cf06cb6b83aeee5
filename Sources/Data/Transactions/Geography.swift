internal import Tabular

/// Distances on the globe.
public enum Geography {
  /// The great-circle distance of two points in degrees (haversine formula, mean radius 6,371.0088 km).
  ///
  /// NaN in gives NaN out.
  public static func kilometres(
    fromLatitude latitude1: Double, longitude longitude1: Double, toLatitude latitude2: Double,
    longitude longitude2: Double
  ) -> Double {
    let radians = 0.017453292519943295
    let halfLatitude = PortableMath.sin((latitude2 - latitude1) * radians / 2)
    let halfLongitude = PortableMath.sin((longitude2 - longitude1) * radians / 2)
    let square =
      halfLatitude * halfLatitude
      + PortableMath.cos(latitude1 * radians) * PortableMath.cos(latitude2 * radians)
      * halfLongitude * halfLongitude
    guard !square.isNaN else { return .nan }
    return 2 * 6371.0088 * PortableMath.asin(min(1, square.squareRoot()))
  }
}
