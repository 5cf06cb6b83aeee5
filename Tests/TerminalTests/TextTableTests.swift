import Terminal
import Testing

@Suite struct TextTableTests {
  @Test func `columns are aligned and lines have no trailing blanks`() {
    var table = TextTable(["name", "rows"], rightAligned: [1])
    table.append(["a", "12,345"])
    table.append(["longer", "7"])
    #expect(table.text == "name      rows\na       12,345\nlonger       7\n")
  }

  @Test(arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_303_778, "-1,303,778")])
  func `numbers are grouped`(number: Int, text: String) {
    #expect(grouped(number) == text)
  }
}
