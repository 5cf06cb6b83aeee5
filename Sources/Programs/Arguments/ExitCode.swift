/// How a program ends; schedulers act on these.
public enum ExitCode: Int32, CaseIterable, Sendable {
  /// Done, or nothing to do.
  case success = 0
  /// The command line or the configuration is wrong.
  case usage = 2
  /// The data failed its validation; nothing was trained.
  case invalidData = 3
  /// The source of data cannot be reached.
  case sourceUnavailable = 4
  /// A gate refused a promotion; production is as it was.
  case gateRefused = 5
  /// Another run holds the lock.
  case busy = 6
  /// A file, store or artifact cannot be read, written or trusted.
  case storage = 7
  /// The time budget of a run was spent; what is finished is kept, and the next run completes it.
  case timeBudgetSpent = 8
  /// The run did its work, but nobody could be told.
  case notificationFailed = 9
  /// A defect of the program itself.
  case bug = 70
}

extension ExitCode {
  /// What the code says, for the manual.
  var meaning: String {
    switch self {
    case .success: "Done, or nothing to do."
    case .usage: "The command line or the configuration is wrong."
    case .invalidData: "The data failed its validation; nothing was trained."
    case .sourceUnavailable: "The source of data cannot be reached."
    case .gateRefused:
      "A gate refused a promotion; production is as it was. No failure for a scheduler."
    case .busy: "Another run holds the lock."
    case .storage: "A file, store or artifact cannot be read, written or trusted."
    case .timeBudgetSpent: "The time budget was spent; the next run completes the work."
    case .notificationFailed: "The run did its work, but nobody could be told."
    case .bug: "A defect of the program itself."
    }
  }
}
