import Files
public import JSON
import SQLite
public import Transactions

/// Which versions of a model keep their files.
public struct RetentionPolicy: Equatable, Sendable {
  /// How many of the newest versions stay.
  public let newestCount: Int
  /// How old a version may become before it goes, if age matters.
  public let age: TimeSpan?

  /// Makes a policy.
  ///
  /// - Precondition: `newestCount` is at least 1, so that a model never loses its last version.
  public init(newestCount: Int, age: TimeSpan? = nil) {
    precondition(newestCount >= 1, "at least the newest version stays")
    self.newestCount = newestCount
    self.age = age
  }
}

/// What retention removes, or would remove.
public struct Retention: Equatable, Sendable {
  /// The versions whose files go, ascending.
  public let removed: [RegisteredVersion]
  /// The versions that would go but are needed, with the reason.
  public let kept: [(version: Int, reason: String)]

  /// Size of the files that go.
  public var byteCount: Int { removed.reduce(0) { $0 + $1.byteCount } }

  /// The plan as a JSON object.
  public var json: JSONValue {
    [
      "removed": .array(removed.map { .integer(Int64($0.version)) }),
      "byte_count": .integer(Int64(byteCount)),
      "kept": .array(
        kept.map { ["version": .integer(Int64($0.version)), "reason": .string($0.reason)] }),
    ]
  }

  public static func == (left: Retention, right: Retention) -> Bool { left.json == right.json }
}

extension Registry {
  /// What retention would remove at a moment; nothing is changed.
  ///
  /// Never removed: the newest versions of the policy, what an alias stands for (`previous` among them), versions younger
  /// than the policy's age, and the parents of all that stay.
  public func retention(
    of name: String, _ policy: RetentionPolicy, at moment: Timestamp
  ) throws(RegistryError) -> Retention {
    try RegistryName.check(model: name)
    return try RegistryError.wrapping { try plan(name, policy, moment) }
  }

  /// Removes the files of versions by the policy; their records stay and their numbers are never given again.
  ///
  /// A process that dies in between leaves versions whole or gone.
  @discardableResult
  public func collect(
    _ name: String, _ policy: RetentionPolicy, by actor: String, reason: String = "",
    at moment: Timestamp
  ) throws(RegistryError) -> Retention {
    try RegistryName.check(model: name)
    try RegistryText.check(actor: actor)
    try RegistryText.check(reason: reason)
    return try RegistryError.wrapping {
      try changing {
        let plan = try plan(name, policy, moment)
        guard !plan.removed.isEmpty else { return plan }
        try catalogue.connection.inTransaction {
          for record in plan.removed {
            _ = try catalogue.append(
              AuditEvent(
                actor: actor, action: .versionRemoved, model: name, version: record.version,
                reason: reason, details: ["digest": .string(record.digest)]), at: moment)
            try catalogue.markForRemoval(name, record.version)
          }
        }
        reached(.removalRecorded)
        try finishRemovals()
        try catchUpLog()
        return plan
      }
    }
  }

  private func plan(
    _ name: String, _ policy: RetentionPolicy, _ moment: Timestamp
  ) throws -> Retention {
    try checkModel(name)
    let present = try catalogue.versions(of: name).filter { !$0.isRemoved }
    let newest = Set(present.suffix(policy.newestCount).map(\.version))
    var reasons: [Int: String] = [:]
    for alias in try catalogue.aliases(of: name) {
      reasons[alias.version] = "the alias \(alias.alias) stands for it"
    }
    if let age = policy.age {
      for record in present where moment - record.createdAt <= age {
        reasons[record.version] = reasons[record.version] ?? "it is younger than \(age)"
      }
    }
    // Newest first: a parent is older than what was derived from it, so one pass keeps whole lines.
    let parents = Dictionary(present.map { ($0.version, $0.parent) }, uniquingKeysWith: { $1 })
    for record in present.reversed()
    where newest.contains(record.version) || reasons[record.version] != nil {
      if let parent = parents[record.version] ?? nil, parents[parent] != nil {
        reasons[parent] = reasons[parent] ?? "\(name)/\(record.version) was derived from it"
      }
    }
    let old = present.filter { !newest.contains($0.version) }
    return Retention(
      removed: old.filter { reasons[$0.version] == nil },
      kept: old.compactMap { record in
        reasons[record.version].map { (version: record.version, reason: $0) }
      })
  }
}

extension Catalogue {
  /// Notes that the folder of a version is to go.
  func markForRemoval(_ model: String, _ version: Int) throws {
    try connection.execute(
      "INSERT INTO removals (model, version) VALUES (?, ?)",
      [.text(model), .integer(Int64(version))])
  }
}
