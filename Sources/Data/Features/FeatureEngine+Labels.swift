public import Transactions

extension FeatureEngine {
  /// Tells the engine what is known about a transaction that it has processed.
  ///
  /// The label takes effect on transactions at or after `label.knownAt`. A label that comes twice counts once; a later
  /// one that says genuine withdraws a fraud.
  public mutating func learn(_ label: TransactionLabel, of transaction: Transaction) {
    guard stores.contains(where: \.layout.keepsFrauds) else { return }
    enqueue(
      time: transaction.time.microseconds, id: transaction.id, isFraud: label.isFraud,
      knownAt: label.knownAt.microseconds
    ) { column in column.text(of: transaction) }
    if label.knownAt.microseconds <= clock { applyLabels(knownBy: clock) }
  }

  /// Queues a label; `text` gives the texts of the transaction's columns.
  mutating func enqueue(
    time: Int64, id: String, isFraud: Bool, knownAt: Int64, text: (FeatureColumn) -> String?
  ) {
    var texts: [[String]?] = []
    for store in stores where store.layout.keepsFrauds {
      let names = store.layout.columns.compactMap(text)
      texts.append(names.count == store.layout.columns.count ? names : nil)
    }
    labels.push(
      LabelQueue.Entry(
        knownAt: knownAt, sequence: 0, time: time, key: FeatureEngine.key(of: id),
        isFraud: isFraud, texts: texts))
  }

  /// Moves the labels known by `time` into the stores.
  mutating func applyLabels(knownBy time: Int64) {
    guard labels.nextKnownAt <= time else { return }
    while let entry = labels.pop(knownBy: time) {
      var position = 0
      for index in stores.indices where stores[index].layout.keepsFrauds {
        if let texts = entry.texts[position] { apply(entry, texts, toStore: index) }
        position += 1
      }
    }
  }

  private mutating func apply(_ entry: LabelQueue.Entry, _ texts: [String], toStore index: Int) {
    let columns = stores[index].layout.columns
    let indices = columns.indices.map { interners[columns[$0].index].knownIndex(of: texts[$0]) }
    guard !indices.contains(-1) else { return }
    let entity =
      indices.count == 1 ? indices[0] : stores[index].pairs.knownIndex(of: indices[0], indices[1])
    guard entity >= 0, stores[index].remembers(Int(entity), clock: clock) else { return }
    let fraud = FraudLedger.Fraud(time: entry.time, key: entry.key)
    if entry.isFraud {
      stores[index].frauds.insert(fraud, of: Int(entity))
      let longest = stores[index].layout.lags.last ?? 0
      stores[index].frauds.drop(through: clock &- longest, of: Int(entity))
    } else {
      stores[index].frauds.remove(fraud, of: Int(entity))
    }
  }

  /// FNV-1a over the bytes, then a mix: the same on every machine.
  static func key(of id: String) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
  }
}
