import Ingestion
import Testing

@Suite struct SourceLocationTests {
  @Test(arguments: [
    ("postgresql://h/db", Ingestion.SourceLocation.postgresql(url: "postgresql://h/db")),
    ("postgres://h/db", .postgresql(url: "postgres://h/db")),
    ("sqlite:data/x", .sqlite(path: "data/x")), ("a/b.sqlite", .sqlite(path: "a/b.sqlite")),
    ("b.DB", .sqlite(path: "b.DB")), ("csv:stdin", .csv(path: "stdin")),
    ("t.csv", .csv(path: "t.csv")), ("dir/t.csv.gz", .csv(path: "dir/t.csv.gz")),
  ])
  func `sources are known by their scheme or ending`(
    text: String, expected: Ingestion.SourceLocation
  ) throws {
    #expect(try Ingestion.SourceLocation(parsing: text) == expected)
  }

  @Test(arguments: ["", "sqlite:", "csv:", "mysql://u:secret@h/db", "notes.txt", "postgresql"])
  func `anything else is refused without repeating it`(text: String) {
    let error = #expect(throws: IngestionError.unknownSource) {
      try Ingestion.SourceLocation(parsing: text)
    }
    #expect(error?.kind == .usage)
    #expect(error?.description.contains("secret") == false)
  }

  @Test(arguments: [
    ("postgresql://u:secret@h:5432/db", "postgresql://u:***@h:5432/db"),
    ("postgresql://u@h/db", "postgresql://u@h/db"), ("postgresql://h/db", "postgresql://h/db"),
    ("postgresql://u:se@cret@h/db", "postgresql://u:***@h/db"),
    ("postgresql://u:se/cret@h/db", "postgresql://u:***@h/db"),
    ("postgresql://u:se?cret@h/db", "postgresql://u:***@h/db"),
    ("postgresql:///db?password=secret&user=u", "postgresql:///db?password=***&user=u"),
    (
      "postgres://u:secret@/db?sslpassword=secret&host=/run",
      "postgres://u:***@/db?sslpassword=***&host=/run"
    ),
  ])
  func `passwords are masked`(url: String, shown: String) throws {
    let location = try Ingestion.SourceLocation(parsing: url)
    #expect(location.description == shown)
    #expect(!"\([location])".contains("secret"))
  }
}
