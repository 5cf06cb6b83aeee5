internal import Tabular

/// One transaction as the stores see it: numbers, and texts as indices.
struct FeatureEvent: Sendable {
  /// Steps of the fixed-point logarithm: sums of it are exact.
  static let logScale = 0x1p32

  var time: Int64 = 0
  var amount: Int64 = 0
  /// ± log(1 + |amount|); 0 unless a feature needs it.
  var logAmount = 0.0
  var fixedLog: Int64 = 0
  var latitude = Double.nan
  var longitude = Double.nan
  /// Whether distances may be measured from here.
  var hasPosition = false
  /// Hour of the week in UTC, Monday midnight 0.
  var hourOfWeek = 0
  /// Per column of `FeatureColumn` the index of its text, or −1.
  var texts: [8 of Int32] = .init(repeating: -1)
  /// Amounts and their logarithms of everyone before this event.
  var population = AmountMoments()
  var logPopulation = AmountMoments()

  var amountValue: Double { Double(amount) / 1_000_000 }

  mutating func computeLog() {
    let magnitude = PortableMath.log(1 + Double(amount.magnitude) / 1_000_000)
    logAmount = amount < 0 ? -magnitude : magnitude
    fixedLog = Int64((logAmount * FeatureEvent.logScale).rounded())
  }

  mutating func computeHour() { hourOfWeek = dayOfWeek * 24 + Int(timeOfDay / 3_600_000_000) }

  /// Microseconds since midnight UTC.
  var timeOfDay: Int64 {
    let day: Int64 = 86_400_000_000
    let remainder = time % day
    return remainder < 0 ? remainder + day : remainder
  }

  /// Monday 0 to Sunday 6, in UTC.
  var dayOfWeek: Int {
    // 1970-01-01 was a Thursday.
    let days = (time &- timeOfDay) / 86_400_000_000
    return Int(((days + 3) % 7 + 7) % 7)
  }
}
