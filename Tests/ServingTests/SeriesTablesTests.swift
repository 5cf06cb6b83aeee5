import Models
import PostgreSQL
import Support
import Testing
import Transactions

@testable import SeriesStorage

@Suite struct SeriesTablesTests {
  private let moment = Timestamp(seconds: 1_700_000_000)

  private func version(_ number: Int, _ values: [Double]) throws -> SeriesVersion {
    let points = SeriesStoreTests.points(values)
    let model = try ThreeSigmaModel.fit(
      timestamps: points.timestamps, values: points.values,
      parameters: ThreeSigmaParameters(threshold: 3))
    return SeriesVersion(number: number, model: model, fittedAt: moment, digest: [1])
  }

  @Test(.enabled(if: ThrowawayPostgreSQL.isWanted))
  func `a transaction whose connection was lost fails, even after a read`() throws {
    let server = try ThrowawayPostgreSQL.shared.get()
    let url = server.url(try server.makeDatabase())
    let tables = try PostgreSQLSeriesTables(url, .writer(migratingAt: moment))
    try tables.begin()
    try tables.insert(try version(1, [1, 2]), points: [], to: "known")
    try tables.commit()
    try tables.begin()
    try tables.insert(try version(1, [1, 2]), points: [], to: "lost")
    try PostgreSQLConnection(url).execute(
      """
      SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()
      """)
    #expect(throws: (any Error).self) {
      _ = try tables.version(1, of: "known")
      try tables.commit()
    }
    tables.rollBack()
    #expect(try tables.entries(of: nil).map(\.id) == ["known"])
    try tables.begin()
    try tables.insert(try version(2, [1, 3]), points: [], to: "known")
    try tables.commit()
    #expect(try tables.entries(of: nil).map(\.number) == [2])
  }

  @Test func `what the tables say wins when only the number differs`() {
    let map = SeriesMap([StoredEntry(id: "s", number: 1, digest: [7], isDeleted: false)])
    map.settle("s", as: SeriesStore.Entry(number: 3, digest: [7], isDeleted: false))
    #expect(map.entry(of: "s")?.number == 3)
  }

  @Test func `a series that cannot be read back fails no other series' write`() throws {
    let place = try SeriesStoreTests.Place(.sqlite)
    let tables = try SQLiteSeriesTables(place.location, migratedAt: moment)
    let points = SeriesStoreTests.points([1, 2])
    let good = try version(1, [1, 2])
    try tables.begin()
    try tables.insert(good, points: [1, 2, 3], to: "damaged")
    try tables.commit()
    let plan = try SeriesWritePlan(
      [
        SeriesStore.Write(
          seriesID: "good", kind: .fit(good.model, points: points.encoded, digest: [2])
        ) { _ in },
        SeriesStore.Write(
          seriesID: "damaged",
          kind: .update(SeriesStoreTests.points([3], from: 9), makesVersion: true)
        ) { _ in },
      ], fittedAt: moment,
      current: {
        $0 == "damaged"
          ? StoredEntry(id: $0, number: 1, digest: good.digest, isDeleted: false).entry : nil
      }, in: tables)
    #expect(plan.outcomes.count == 2)
    #expect(throws: Never.self) { _ = try plan.outcomes[0].get() }
    #expect(throws: SeriesStoreError.damaged(reason: "stored points are cut")) {
      _ = try plan.outcomes[1].get()
    }
    #expect(try tables.entries(of: "good").map(\.number) == [1])
  }
}
