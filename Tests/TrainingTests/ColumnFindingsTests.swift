import Tabular
import Testing
import Training

struct ColumnFindingsTests {
  /// One column with 200 rows made from their numbers.
  static func findings(_ value: (Int) -> Double) -> [ColumnFinding] {
    ColumnFindings.findings(
      in: Matrix(rows: (0..<200).map { [value($0)] }), featureNames: ["x"])
  }

  @Test func `an ordinary column has no findings`() {
    #expect(Self.findings { Double($0 % 90) }.isEmpty)
  }

  @Test func `constant and empty columns are found`() {
    #expect(Self.findings { $0 < 3 ? .nan : 7 }.map(\.kind) == [.constant])
    #expect(Self.findings { _ in .nan }.map(\.kind) == [.empty])
  }

  @Test func `missing and tied values are found with their share`() {
    let missing = Self.findings { $0 % 4 == 0 ? Double($0) : .nan }
    #expect(missing.map(\.kind) == [.mostlyMissing])
    #expect(missing.map(\.share) == [0.75])
    let tied = Self.findings { $0 < 190 ? 0 : Double($0) }
    #expect(tied.map(\.kind) == [.heavilyTied])
    #expect(tied.map(\.share) == [0.95])
    #expect(tied.map(\.description) == ["x has one value in 95.0 % of the rows"])
  }

  @Test func `timestamps collapse in single precision`() {
    let found = Self.findings { 1_600_000_000 + Double($0) }
    #expect(found.map(\.kind) == [.collapsesInSinglePrecision])
    #expect(found.first?.share ?? 0 > 0.9)
    #expect(Self.findings { Double($0) }.isEmpty)
  }

  @Test func `a long table is judged by some of its rows`() {
    let matrix = Matrix(rows: (0..<1000).map { [$0 % 10 == 0 ? 1 : Double($0)] })
    let found = ColumnFindings.findings(in: matrix, featureNames: ["x"], rowLimit: 100)
    #expect(found.map(\.kind) == [.constant])
  }
}
