extension SQLiteConnection {
  /// When a transaction takes its locks.
  public enum TransactionKind: Sendable {
    /// The write lock at once: a transaction that begins can finish, and never fails half-way for want of the lock.
    case immediate
    /// A read lock at the first query: everything the body reads is one consistent state.
    case reading
  }

  /// Runs `body` as one transaction: committed when it returns, rolled back when it throws.
  ///
  /// Inside another transaction it is a savepoint: throwing undoes the inner part only.
  public func inTransaction<Result: ~Copyable>(
    _ kind: TransactionKind = .immediate, _ body: () throws -> Result
  ) throws -> Result {
    let isNested = isInTransaction
    switch (isNested, kind) {
    case (true, _): try execute("SAVEPOINT anomalyze")
    case (false, .immediate): try execute("BEGIN IMMEDIATE")
    case (false, .reading): try execute("BEGIN DEFERRED")
    }
    do {
      let result = try body()
      try execute(isNested ? "RELEASE anomalyze" : "COMMIT")
      return result
    } catch {
      // A full disk or a deadlock may already have rolled everything back: then there is nothing left to undo, and
      // the reason that counts is `error`.
      if isInTransaction {
        try? execute(isNested ? "ROLLBACK TO anomalyze; RELEASE anomalyze" : "ROLLBACK")
      }
      throw error
    }
  }
}
