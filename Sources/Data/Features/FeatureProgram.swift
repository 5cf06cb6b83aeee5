internal import Transactions

/// A specification turned into stores and the operations on them, in the order in which they run.
struct FeatureProgram: Sendable {
  private(set) var layouts: [StoreLayout] = []
  /// Per store the operations with the column of the row that each fills.
  private(set) var storeOperations: [[(column: Int, operation: StoreOperation)]] = []
  private(set) var rowOperations: [(column: Int, operation: RowOperation)] = []
  /// Texts that indicators and positions compare with, which always have an index.
  private(set) var pinnedTexts: [(column: FeatureColumn, text: String)] = []
  private var categoryColumns: [FeatureColumn] = []
  private(set) var needsLog = false
  private(set) var needsHour = false
  private(set) var needsPositions = false
  private(set) var needsPopulation = false

  init(features: [FeatureDefinition], remoteChannels: [String]) {
    for channel in remoteChannels { pinnedTexts.append((.channel, channel)) }
    // Lags and trackers are collected first: operations refer to their final positions.
    for feature in features { require(feature.kind) }
    layouts.sort { $0.columns.count < $1.columns.count }
    for index in layouts.indices { layouts[index].lags.sort() }
    storeOperations = Array(repeating: [], count: layouts.count)
    for (column, feature) in features.enumerated() { compile(feature.kind, column) }
  }

  /// The columns whose texts need indices.
  var columns: [FeatureColumn] {
    let used =
      layouts.flatMap { $0.columns + $0.valueColumns } + pinnedTexts.map(\.column)
      + categoryColumns
    return FeatureColumn.allCases.filter { used.contains($0) }
  }

  private mutating func change(_ columns: [FeatureColumn], _ body: (inout StoreLayout) -> Void) {
    if let index = layouts.firstIndex(where: { $0.columns == columns }) {
      body(&layouts[index])
    } else {
      var layout = StoreLayout(columns: columns)
      body(&layout)
      layouts.append(layout)
    }
  }

  private mutating func require(_ kind: FeatureKind) {
    switch kind {
    case .amount, .night, .weekend, .hour, .roundAmount: break
    case .logAmount: needsLog = true
    case .category(let column): categoryColumns.append(column)
    case .indicator(let column, let text): pinnedTexts.append((column, text))
    case .aggregate(let aggregate, let entity, let window, _):
      change(entity.columns) { layout in
        layout.need(window)
        switch aggregate {
        case .count, .span: break
        case .sum, .mean: layout.keepsSums = true
        case .standardDeviation: layout.needSquares()
        case .minimum, .maximum:
          layout.need(
            ExtremeTrackerLayout(lag: window.lowerLag, isMinimum: aggregate == .minimum))
        }
      }
    case .distinct(let column, let entity, let window, _):
      change(entity.columns) { layout in
        layout.need(window)
        let source = layout.source(of: column)
        layout.need(ValueTrackerLayout(lag: window.lowerLag, source: source))
      }
    case .repeats(let entity, let window, _):
      change(entity.columns) { layout in
        layout.need(window)
        layout.need(ValueTrackerLayout(lag: window.lowerLag, source: -1))
      }
    case .risk(let entity, let window, _, _):
      change(entity.columns) { layout in
        layout.need(window)
        layout.keepsFrauds = true
      }
    case .zScore(let scale, let entity, let window, _):
      needsLog = needsLog || scale == .logAmount
      needsPopulation = true
      change(entity.columns) { layout in
        layout.need(window)
        if scale == .logAmount { layout.keepsLogMoments = true } else { layout.needSquares() }
      }
    case .ratio(let entity, let window, _):
      needsPopulation = true
      change(entity.columns) { layout in
        layout.need(window)
        layout.needSquares()
      }
    case .robustZScore(let entity, let count):
      change(entity.columns) { $0.recentCount = max($0.recentCount, count) }
    case .secondsSinceLast(let entity, _, _): change(entity.columns) { _ in }
    case .isNew(let column, let entity): change(entity.columns + [column]) { _ in }
    case .rarity(let column, let entity, let window):
      change(entity.columns) { $0.need(window) }
      change(entity.columns + [column]) { $0.need(window) }
    case .hourRarity(let entity, let cycle):
      needsHour = true
      change(entity.columns) { layout in
        if !layout.hourCycles.contains(cycle) { layout.hourCycles.append(cycle) }
      }
    case .distance(let entity), .speed(let entity, _, _):
      needsPositions = true
      change(entity.columns) { $0.keepsPositions = true }
    }
  }

  private mutating func add(
    _ column: Int, _ columns: [FeatureColumn], _ make: (StoreLayout) -> StoreOperation
  ) {
    guard let index = layouts.firstIndex(where: { $0.columns == columns }) else {
      preconditionFailure("a feature without its store")
    }
    storeOperations[index].append((column, make(layouts[index])))
  }

  private mutating func compile(_ kind: FeatureKind, _ column: Int) {
    switch kind {
    case .amount: rowOperations.append((column, .amount))
    case .logAmount: rowOperations.append((column, .logAmount))
    case .night(let from, let to): rowOperations.append((column, .night(from: from, to: to)))
    case .weekend: rowOperations.append((column, .weekend))
    case .hour: rowOperations.append((column, .hour))
    case .roundAmount(let unit):
      rowOperations.append((column, .roundAmount(unit: unit.millionths)))
    case .category(let of): rowOperations.append((column, .category(column: of.index)))
    case .indicator(let of, let text):
      let position = pinnedTexts.firstIndex { $0.column == of && $0.text == text }
      rowOperations.append((column, .indicator(column: of.index, text: position ?? 0)))
    case .aggregate(let aggregate, let entity, let window, let plus):
      add(column, entity.columns) { layout in
        let totals = layout.totals(window)
        switch aggregate {
        case .count: return .count(totals, plus: plus)
        case .sum: return .sum(totals, plus: plus)
        case .mean: return .mean(totals, plus: plus)
        case .standardDeviation: return .standardDeviation(totals, plus: plus)
        case .span: return .span(lag: totals.lower - 1)
        case .minimum, .maximum:
          let isMinimum = aggregate == .minimum
          let tracker = ExtremeTrackerLayout(lag: window.lowerLag, isMinimum: isMinimum)
          return .extreme(tracker: layout.extremeTrackers.position(of: tracker), plus: plus)
        }
      }
    case .distinct(let of, let entity, let window, let plus):
      add(column, entity.columns) { layout in
        let source = layout.valueColumns.position(of: of)
        let tracker = ValueTrackerLayout(lag: window.lowerLag, source: source)
        return .distinct(tracker: layout.valueTrackers.position(of: tracker), plus: plus)
      }
    case .repeats(let entity, let window, let plus):
      add(column, entity.columns) { layout in
        let tracker = ValueTrackerLayout(lag: window.lowerLag, source: -1)
        return .repeats(tracker: layout.valueTrackers.position(of: tracker), plus: plus)
      }
    case .risk(let entity, let window, let weight, let rate):
      add(column, entity.columns) { layout in
        .risk(
          layout.totals(window), upperLag: window.delay.microseconds, lowerLag: window.lowerLag,
          weight: weight, rate: rate)
      }
    case .zScore(let scale, let entity, let window, let weight):
      add(column, entity.columns) { layout in
        .zScore(layout.totals(window), isLog: scale == .logAmount, weight: weight)
      }
    case .ratio(let entity, let window, let weight):
      add(column, entity.columns) { .ratio($0.totals(window), weight: weight) }
    case .robustZScore(let entity, let count):
      add(column, entity.columns) { _ in .robustZScore(count: count) }
    case .secondsSinceLast(let entity, let cap, let isLogarithmic):
      add(column, entity.columns) { _ in
        .secondsSinceLast(cap: cap.microseconds, isLogarithmic: isLogarithmic)
      }
    case .isNew(let of, let entity): add(column, entity.columns + [of]) { _ in .isNew }
    case .rarity(let of, let entity, let window):
      add(column, entity.columns) { .count($0.totals(window), plus: false) }
      add(column, entity.columns + [of]) { .rarity($0.totals(window)) }
    case .hourRarity(let entity, let cycle):
      add(column, entity.columns) { .hourRarity(cycle: $0.hourCycles.position(of: cycle)) }
    case .distance(let entity): add(column, entity.columns) { _ in .distance }
    case .speed(let entity, let floor, let radius):
      add(column, entity.columns) { _ in .speed(floor: floor.seconds, radius: radius) }
    }
  }
}

extension StoreLayout {
  fileprivate mutating func need(_ window: FeatureWindow) {
    for lag in [window.delay.microseconds, window.length == nil ? 0 : window.lowerLag]
    where lag > 0 && !lags.contains(lag) {
      lags.append(lag)
    }
  }

  fileprivate mutating func needSquares() {
    keepsSums = true
    keepsSquares = true
  }

  fileprivate mutating func need(_ tracker: ExtremeTrackerLayout) {
    if !extremeTrackers.contains(tracker) { extremeTrackers.append(tracker) }
  }

  fileprivate mutating func need(_ tracker: ValueTrackerLayout) {
    if !valueTrackers.contains(tracker) { valueTrackers.append(tracker) }
  }

  fileprivate mutating func source(of column: FeatureColumn) -> Int {
    if let index = valueColumns.firstIndex(of: column) { return index }
    valueColumns.append(column)
    return valueColumns.count - 1
  }

  fileprivate func totals(_ window: FeatureWindow) -> WindowTotals {
    let delay = window.delay.microseconds
    return WindowTotals(
      upper: delay == 0 ? 0 : 1 + lags.position(of: delay),
      lower: window.length == nil ? -1 : 1 + lags.position(of: window.lowerLag))
  }
}

extension FeatureWindow {
  /// How far back the window begins, in microseconds; 0 for a whole history.
  var lowerLag: Int64 {
    length.map { $0.microseconds + delay.microseconds } ?? 0
  }
}

extension Array where Element: Equatable {
  /// The position of an element that was put there before.
  fileprivate func position(of element: Element) -> Int {
    guard let index = firstIndex(of: element) else { preconditionFailure("an element is missing") }
    return index
  }
}
