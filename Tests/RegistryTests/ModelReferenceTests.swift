import Registry
import Testing

@Suite struct ModelReferenceTests {
  @Test(arguments: [
    ("fraud", "fraud@champion"), ("fraud@candidate", "fraud@candidate"), ("fraud/3", "fraud/3"),
    ("fraud@sha256:ABCD12", "fraud@sha256:abcd12"), ("a.b_c-d/10", "a.b_c-d/10"),
    ("fraud@latest", "fraud@latest"), ("7", "7@champion"),
  ])
  func `a reference is read`(text: String, meaning: String) throws {
    #expect(try ModelReference(parsing: text).description == meaning)
  }

  @Test(arguments: [
    "", "/", "@", "fraud/", "fraud/0", "fraud/-1", "fraud/+1", "fraud/03", "fraud/1/2", "fraud@",
    "fraud@3", "../fraud", "fraud/../1", ".hidden", "a b", "a\nb", "fraud@..", "fraud@sha256:",
    "fraud@sha256:12", "fraud@sha256:xyzw", "fräud", "fraud%2f", "-fraud", "fraud@a/1",
    "fraud/99999999999999999999", String(repeating: "a", count: 129), "fraud\u{0}",
  ])
  func `what names no version is refused`(text: String) {
    #expect(throws: RegistryError.self) { try ModelReference(parsing: text) }
  }

  @Test(arguments: ["latest", "previous", "7", "", "a/b", "..", "-x", "sha256:1"])
  func `an alias that would be ambiguous cannot be set`(alias: String) {
    #expect(throws: RegistryError.self) { try RegistryName.check(alias: alias) }
  }
}
