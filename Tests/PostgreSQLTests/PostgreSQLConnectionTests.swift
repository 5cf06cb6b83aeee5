import Testing

@testable import PostgreSQL

@Suite struct PostgreSQLConnectionTests {
  @Test func `a server that is not there is named without the password`() throws {
    let error = try #require(
      throws: PostgreSQLError.self
    ) {
      _ = try PostgreSQLConnection("postgresql://risk:hunter2@127.0.0.1:1/bank?connect_timeout=3")
    }
    #expect(error.kind == .serverUnavailable)
    #expect(error.server == "postgresql://risk@127.0.0.1:1/bank")
    #expect(!error.description.contains("hunter2"))
    #expect(error.description.contains("check host and port"))
  }

  @Test(arguments: [
    "postgresql://risk:hun@ter2@host/bank", "postgresql://risk:hun/ter2@host/bank",
    "postgresql://risk:5432:hunter2/bank", "postgresql://host:hunter2/bank", "hunter2",
    "password='hunter2", "postgresql://host/bank?hunter2=1", "postgresql://[hunter2/bank",
  ])
  func `a malformed URL is refused without quoting it`(url: String) throws {
    let error = try #require(throws: PostgreSQLError.self) { _ = try PostgreSQLConnection(url) }
    #expect(error.kind == .malformedURL)
    #expect(!error.description.contains("hunter2"))
    #expect(!error.description.contains("ter2@"))
    #expect(error.description.contains("percent-encoded"))
  }

  @Test func `the parts of a connection string are understood`() throws {
    let target = try ConnectionTarget(
      parsing: "host=db.example port=5433 user=risk password='a b' dbname=bank connect_timeout=7")
    #expect(target.description == "postgresql://risk@db.example:5433/bank")
    #expect(target.timeoutSeconds == 7)
    #expect(target.redacted("no a b here") == "no … here")
  }

  @Test func `the SQLSTATE decides what kind of error it is`() {
    let kinds: [(String, PostgreSQLError.Kind)] = [
      ("28P01", .authenticationFailed), ("3D000", .missingDatabase), ("42501", .permissionDenied),
      ("57P01", .connectionLost), ("57P03", .serverUnavailable), ("57014", .cancelled),
      ("40001", .conflict), ("42P01", .missingObject), ("53300", .serverUnavailable),
      ("22P02", .malformedValue), ("23505", .statementFailed),
    ]
    for (state, kind) in kinds { #expect(PostgreSQLError.Kind(sqlState: state) == kind) }
  }
}
