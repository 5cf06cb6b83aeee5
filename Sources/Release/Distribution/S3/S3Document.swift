/// The answers of an S3 store, as far as they are read here: elements without attributes, texts with the five entities.
struct S3Document {
  private let content: Substring

  init(_ bytes: [UInt8]) { content = String(decoding: bytes, as: UTF8.self)[...] }

  private init(_ content: Substring) { self.content = content }

  /// The elements of a name, in order; one inside another of the same name is not looked for.
  func elements(_ name: String) -> [S3Document] {
    var found: [S3Document] = []
    var rest = content
    while let start = rest.firstRange(of: "<\(name)>") {
      rest = rest[start.upperBound...]
      guard let end = rest.firstRange(of: "</\(name)>") else { break }
      found.append(S3Document(rest[..<end.lowerBound]))
      rest = rest[end.upperBound...]
    }
    return found
  }

  /// The text of the first element of a name.
  func text(_ name: String) -> String? {
    elements(name).first.map { element in
      // The ampersand last, so that what was escaped twice is unescaped once.
      [
        ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&apos;", "'"),
        ("&amp;", "&"),
      ]
      .reduce(String(element.content)) { $0.replacing($1.0, with: $1.1) }
    }
  }
}
