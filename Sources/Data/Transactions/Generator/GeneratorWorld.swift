internal import Tabular

/// The users, merchants and terminals that exist before anything happens.
struct GeneratorWorld {
  struct Merchant {
    let kind: Int
    /// `nil` for an online shop.
    let city: Int?
    let firstTerminal: Int
    let terminalCount: Int
    let latitude: Double
    let longitude: Double
  }

  struct User {
    let segment: Int
    let city: Int
    let dailyRate: Double
    let amountScale: Double
    let salaryDay: Int
    /// A few merchants per kind at home, which the user prefers.
    let favourites: [[Int]]
  }

  let merchants: [Merchant]
  let users: [User]
  let terminalCount: Int
  /// Merchants per city and kind with the cumulative Zipf weights of their popularity.
  private let local: [[WeightedChoice]]
  private let online: [WeightedChoice]

  init(settings: GeneratorSettings) {
    var generator = SeededGenerator(seed: settings.seed, stream: 1 << 62)
    let cityChoice = WeightedChoice(weights: City.all.map(\.weight))
    let totalWeight = City.all.reduce(0) { $0 + $1.weight }
    var merchants: [Merchant] = []
    var terminalCount = 0
    func open(kind: Int, city: Int?, count: Int) -> WeightedChoice {
      let first = merchants.count
      for rank in 0..<count {
        let terminals = city == nil ? 1 : max(1, 4 - rank)
        merchants.append(
          Merchant(
            kind: kind, city: city, firstTerminal: terminalCount, terminalCount: terminals,
            latitude: city.map { City.all[$0].latitude + 0.05 * generator.normal() } ?? .nan,
            longitude: city.map { City.all[$0].longitude + 0.07 * generator.normal() } ?? .nan))
        terminalCount += terminals
      }
      return WeightedChoice(
        items: Array(first..<first + count), weights: (1...count).map { 1 / Double($0) })
    }
    var local: [[WeightedChoice]] = []
    for (index, city) in City.all.enumerated() {
      let residents = Double(settings.userCount) * city.weight / totalWeight
      local.append(
        MerchantKind.all.indices.map { kind in
          MerchantKind.all[kind].channel == .online
            ? WeightedChoice(items: [], weights: [])
            : open(kind: kind, city: index, count: max(2, Int(residents / 40)))
        })
    }
    let shopCount = max(8, settings.userCount / 60)
    let online = MerchantKind.all.indices.map { kind in
      MerchantKind.all[kind].channel == .online
        ? open(kind: kind, city: nil, count: shopCount)
        : WeightedChoice(items: [], weights: [])
    }
    let segments = WeightedChoice(weights: UserSegment.all.map(\.share))
    users = (0..<settings.userCount).map { _ in
      let city = cityChoice.pick(&generator)
      let segment = segments.pick(&generator)
      let profile = UserSegment.all[segment]
      return User(
        segment: segment, city: city,
        dailyRate: profile.dailyRate * PortableMath.exp(0.4 * generator.normal()),
        amountScale: profile.amountScale * PortableMath.exp(0.3 * generator.normal()),
        salaryDay: [1, 15, 25, 28][generator.below(4)],
        favourites: MerchantKind.all.indices.map { kind in
          let choice =
            MerchantKind.all[kind].channel == .online ? online[kind] : local[city][kind]
          return (0..<3).map { _ in choice.pick(&generator) }
        })
    }
    self.merchants = merchants
    self.terminalCount = terminalCount
    self.local = local
    self.online = online
  }

  /// A merchant of `kind` that somebody in `city` may pay, popular ones more often.
  func pickMerchant(kind: Int, city: Int, _ generator: inout SeededGenerator) -> Int {
    MerchantKind.all[kind].channel == .online
      ? online[kind].pick(&generator) : local[city][kind].pick(&generator)
  }
}

/// Items with weights, drawn in proportion to them.
struct WeightedChoice {
  private let items: [Int]
  private let cumulative: [Double]

  init(items: [Int], weights: [Double]) {
    self.items = items
    var sum = 0.0
    cumulative = weights.map { weight in
      sum += weight
      return sum
    }
  }

  init(weights: [Double]) {
    self.init(items: Array(weights.indices), weights: weights)
  }

  /// - Precondition: there is at least one item.
  func pick(_ generator: inout SeededGenerator) -> Int {
    let target = generator.uniform() * (cumulative.last ?? 0)
    var low = 0
    var high = cumulative.count - 1
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] > target { high = middle } else { low = middle + 1 }
    }
    return items[low]
  }
}
