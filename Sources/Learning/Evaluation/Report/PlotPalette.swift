/// The colours of the plots, each with its twin for dark pages; the light ones stand in the SVG itself.
enum PlotPalette {
  static let text = "#334155"
  static let axis = "#94a3b8"
  static let grid = "#e2e8f0"
  static let genuine = "#7c93b2"
  static let fraud = "#d92d20"
  static let missed = "#f0b4ae"
  static let yardstick = "#64748b"
  /// Detectors in their order.
  static let series = ["#2563eb", "#d97706", "#7c3aed", "#0f9f6e", "#c0267e"]

  private static let dark: [(light: String, dark: String)] = [
    (text, "#cbd5e1"), (axis, "#5b6b82"), (grid, "#243044"), (genuine, "#8ea4c2"),
    (fraud, "#f97066"), (missed, "#7d3b36"), (yardstick, "#93a1b5"),
    (series[0], "#6ea8fe"), (series[1], "#fbbf24"), (series[2], "#b197fc"),
    (series[3], "#3ddc97"), (series[4], "#f783ac"),
  ]

  /// Rules that turn the light colours inside `selector` into the dark ones.
  static func darkRules(within selector: String = "") -> String {
    dark.map { pair in
      "\(selector)[stroke=\"\(pair.light)\"]{stroke:\(pair.dark)}"
        + "\(selector)[fill=\"\(pair.light)\"]{fill:\(pair.dark)}"
    }.joined()
  }
}
