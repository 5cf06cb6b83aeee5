import Exchange
import Models
import Subprocess
import Testing

struct GraphvizExportTests {
  @Test(arguments: [1, 2])
  func `dot draws every node of a tree`(terms: Int) throws {
    let forest = try ExchangeExample.makeForest(
      terms: terms, names: ["amount", "a \"quoted\\ name\"", "hour", "<b>&"], seed: 4)
    let text = try GraphvizExport.text(of: forest, tree: 3)
    let outcome = try Subprocess(path: Subprocess.locate("dot"), arguments: ["-Tsvg"]).run(
      input: Array(text.utf8))
    #expect(outcome.exitCode == 0, "\(String(decoding: outcome.errorOutput, as: UTF8.self))")
    let drawing = String(decoding: outcome.output, as: UTF8.self)
    let nodeCount = forest.nodes(ofTree: 3).count
    #expect(drawing.matches(of: /class="node"/).count == nodeCount)
    #expect(drawing.matches(of: /class="edge"/).count == nodeCount - 1)
  }

  @Test func `a tree that does not exist is named`() throws {
    let forest = try ExchangeExample.makeForest(terms: 1, names: ["a", "b"], seed: 4)
    #expect(throws: ExchangeError.noSuchTree(index: 20, treeCount: 20)) {
      try GraphvizExport.text(of: forest, tree: 20)
    }
  }
}
