/// After how many minutes a test that may hang is taken to have done so. The testing library's clock for one test also runs
/// while it waits for its turn among all others, so that a limit below the time of the whole run might end one by chance.
public let hangMinutes = 45
