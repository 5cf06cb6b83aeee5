/// A city of the synthetic world: a real place, so that distances are real.
struct City {
  let name: String
  let latitude: Double
  let longitude: Double
  /// Relative number of people who live there.
  let weight: Double

  static let all: [City] = [
    City("London", 51.507, -0.128, 9.0), City("Paris", 48.857, 2.352, 7.5),
    City("Berlin", 52.520, 13.405, 5.0), City("Madrid", 40.417, -3.704, 5.0),
    City("Rome", 41.903, 12.496, 4.0), City("Vienna", 48.208, 16.374, 3.0),
    City("Hamburg", 53.551, 9.994, 3.0), City("Warsaw", 52.230, 21.012, 3.0),
    City("Barcelona", 41.385, 2.173, 3.0), City("Munich", 48.135, 11.582, 2.5),
    City("Milan", 45.464, 9.190, 2.5), City("Prague", 50.075, 14.438, 2.2),
    City("Brussels", 50.850, 4.352, 2.0), City("Lyon", 45.764, 4.836, 2.0),
    City("Stockholm", 59.329, 18.069, 1.8), City("Amsterdam", 52.368, 4.904, 1.8),
    City("Lisbon", 38.722, -9.139, 1.6), City("Copenhagen", 55.676, 12.568, 1.5),
    City("Dublin", 53.350, -6.260, 1.4), City("Athens", 37.984, 23.728, 1.4),
    City("Helsinki", 60.170, 24.938, 1.2), City("Oslo", 59.914, 10.752, 1.2),
    City("Zurich", 47.377, 8.541, 1.0), City("Porto", 41.158, -8.629, 0.8),
    City("New York", 40.713, -74.006, 2.0), City("Toronto", 43.653, -79.383, 1.0),
    City("Los Angeles", 34.052, -118.244, 1.0), City("Mexico City", 19.433, -99.133, 0.6),
    City("Sao Paulo", -23.551, -46.633, 0.6), City("Istanbul", 41.008, 28.978, 0.8),
    City("Dubai", 25.205, 55.271, 0.6), City("Singapore", 1.352, 103.820, 0.6),
    City("Bangkok", 13.756, 100.502, 0.4), City("Tokyo", 35.677, 139.650, 0.6),
    City("Sydney", -33.869, 151.209, 0.5), City("Lagos", 6.524, 3.379, 0.3),
  ]

  init(_ name: String, _ latitude: Double, _ longitude: Double, _ weight: Double) {
    self.name = name
    self.latitude = latitude
    self.longitude = longitude
    self.weight = weight
  }
}

/// What a kind of merchant sells, when and for how much.
struct MerchantKind {
  let name: String
  let channel: PaymentChannel
  /// Median amount and spread of its logarithm.
  let medianAmount: Double
  let logSpread: Double
  /// Hour of the day around which people buy, and how far they stray from it.
  let peakHour: Double
  let hourSpread: Double
  /// How much likelier on Saturday and Sunday.
  let weekendFactor: Double

  static let all: [MerchantKind] = [
    MerchantKind("grocery", .cardPresent, 32, 0.7, 17, 3.2, 1.2),
    MerchantKind("restaurant", .cardPresent, 24, 0.6, 18, 4.0, 1.6),
    MerchantKind("fuel", .cardPresent, 55, 0.35, 14, 4.5, 1.0),
    MerchantKind("pharmacy", .cardPresent, 16, 0.6, 13, 3.5, 0.6),
    MerchantKind("clothing", .cardPresent, 48, 0.8, 15, 2.8, 1.9),
    MerchantKind("electronics", .cardPresent, 120, 1.0, 15, 3.0, 1.4),
    MerchantKind("cash_withdrawal", .atm, 80, 0.6, 14, 4.5, 1.1),
    MerchantKind("online_retail", .online, 38, 0.9, 20, 3.6, 1.1),
    MerchantKind("digital_goods", .online, 9, 0.8, 21, 3.5, 1.2),
    MerchantKind("travel", .online, 210, 0.8, 20, 3.5, 1.0),
  ]

  static let online: [Int] = all.indices.filter { all[$0].channel == .online }

  static func index(of name: String) -> Int {
    guard let index = all.firstIndex(where: { $0.name == name }) else {
      preconditionFailure("there is no merchant kind \(name)")
    }
    return index
  }

  init(
    _ name: String, _ channel: PaymentChannel, _ medianAmount: Double, _ logSpread: Double,
    _ peakHour: Double, _ hourSpread: Double, _ weekendFactor: Double
  ) {
    self.name = name
    self.channel = channel
    self.medianAmount = medianAmount
    self.logSpread = logSpread
    self.peakHour = peakHour
    self.hourSpread = hourSpread
    self.weekendFactor = weekendFactor
  }
}

/// How a payment is made.
enum PaymentChannel: String {
  case cardPresent = "card_present"
  case online
  case atm
}

/// A group of users who behave alike.
struct UserSegment {
  let share: Double
  /// Payments a day.
  let dailyRate: Double
  let amountScale: Double
  /// Probability of a trip in a month.
  let tripsPerMonth: Double
  /// Preference for each merchant kind, in the order of `MerchantKind.all`.
  let kindWeights: [Double]

  static let all: [UserSegment] = [
    UserSegment(0.20, 1.6, 0.6, 0.10, [5, 5, 1, 1, 2, 0.4, 1.0, 4, 4, 0.2]),
    UserSegment(0.40, 1.7, 1.0, 0.15, [6, 4, 3, 1, 2, 0.5, 1.0, 3, 2, 0.3]),
    UserSegment(0.22, 2.0, 1.2, 0.12, [8, 3, 3, 2, 3, 0.5, 0.8, 4, 2, 0.3]),
    UserSegment(0.12, 1.0, 0.8, 0.08, [7, 2, 2, 3, 1, 0.2, 2.0, 1, 0.3, 0.2]),
    UserSegment(0.06, 2.4, 3.0, 0.45, [4, 7, 2, 1, 4, 1.0, 0.8, 4, 2, 1.0]),
  ]

  init(
    _ share: Double, _ dailyRate: Double, _ amountScale: Double, _ tripsPerMonth: Double,
    _ kindWeights: [Double]
  ) {
    self.share = share
    self.dailyRate = dailyRate
    self.amountScale = amountScale
    self.tripsPerMonth = tripsPerMonth
    self.kindWeights = kindWeights
  }
}
