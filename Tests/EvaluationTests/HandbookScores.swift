import Evaluation
import Files
import Glibc
import Testing
import Transactions

/// The file that `make_handbook_scores.py` writes: the handbook's test rows with scores of scikit-learn's models.
struct HandbookScores {
  var rows = EvaluationRows()
  var detectors: [DetectorScores] = []

  static var path: String? {
    unsafe getenv("ANOMALYZE_HANDBOOK_SCORES").map { unsafe String(cString: $0) }
  }

  init(path: String) throws {
    let text = try FileSystem.read(path)
    let lines = text.split(separator: UInt8(ascii: "\n")).map { line in
      line.split(separator: UInt8(ascii: ",")).map { String(decoding: $0, as: UTF8.self) }
    }
    let heads = try #require(lines.first)
    var columns = [[Double]](repeating: [], count: heads.count - 6)
    for words in lines.dropFirst() {
      try rows.append(
        id: words[0], time: Timestamp.require(words[1]), entity: words[2],
        amount: try #require(Double(words[3]).flatMap { Money(roundingToHundredths: $0) }),
        label: try #require(Int8(words[4])), scenario: words[5] == "0" ? nil : words[5])
      for column in columns.indices {
        columns[column].append(try #require(Double(words[6 + column])))
      }
    }
    detectors = zip(heads.dropFirst(6), columns).map { DetectorScores(name: $0, scores: $1) }
  }

  subscript(name: String) -> DetectorScores? { detectors.first { $0.name == name } }
}
