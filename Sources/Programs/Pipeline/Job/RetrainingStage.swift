/// The steps of the weekly job, in their order.
public enum RetrainingStage: String, CaseIterable, Sendable {
  /// Copy the source into a snapshot.
  case pull
  /// Hold the snapshot against its expectations.
  case validate
  /// Compute features, train the detectors, judge them and register a version of each.
  case train
  /// Compare with the champion, ask the gates and move the alias.
  case promote
  /// Wait until the server answers with the new champion.
  case verify
  /// Fit the series of the snapshot into the server's store.
  case series
  /// Tell people.
  case notify

  /// Whether a run that starts at `first` runs this stage.
  func isPart(ofRunFrom first: RetrainingStage) -> Bool {
    Self.allCases.firstIndex(of: self) ?? 0 >= Self.allCases.firstIndex(of: first) ?? 0
  }
}
