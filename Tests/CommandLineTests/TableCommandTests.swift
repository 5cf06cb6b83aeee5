import Files
import JSON
import Testing

/// `fit`, `score`, `explain` and `export`, by the real program.
struct TableCommandTests {
  private let laboratory: Laboratory

  init() throws {
    laboratory = try Laboratory()
    var text = "x,y,label\n"
    for row in 0..<400 { text += "\(Double(row % 20) / 10),\(Double(row % 17) / 8),0\n" }
    text += "30,1,1\n0.5,,0\n"
    try laboratory.write(text, to: "rows.csv")
    try laboratory.succeed(
      "fit", "rows.csv", "--out", "model", "--exclude", "label", "--detector",
      "{kind: isolation_forest, n_estimators: 50, contamination: 0.01, split: axis}")
  }

  @Test func `scores come as a table and as JSON`() throws {
    let table = try laboratory.succeed("score", "model", "--csv", "rows.csv", "--exclude", "label")
    let lines = table.split(separator: "\n")
    #expect(lines[0] == "x,y,score,is_anomaly")
    #expect(lines.count == 403)
    #expect(lines[401].hasPrefix("30.0,1.0,") && lines[401].hasSuffix(",1"))
    let json = try laboratory.run([
      "score", "model", "--csv", "rows.csv", "--exclude", "label", "--json",
    ]).json()
    #expect(json.arrayValue?.count == 402)
    #expect(json.arrayValue?[400]["is_anomaly"]?.boolValue == true)
  }

  @Test func `an explanation names the cause and the change`() throws {
    let text = try laboratory.succeed("explain", "model", "--row", #"{"y": 1, "x": 30}"#)
    #expect(text.contains("is above the threshold"))
    #expect(text.contains("x = 30"))
    #expect(text.contains("It would be normal with x = "))
    let json = try laboratory.run(["explain", "model", "--row", "[30, null]", "--json"]).json()
    #expect(json["contributions"]?.arrayValue?.first?["feature"]?.stringValue == "x")
    #expect(json["is_anomaly"]?.boolValue == true)
  }

  @Test(arguments: ["onnx", "skops", "sql", "graphviz"])
  func `every format is written`(format: String) throws {
    let json = try laboratory.run([
      "export", "model", "--format", format, "--out", "exported", "--json",
    ]).json()
    let count = try FileSystem.byteCount(of: "\(laboratory.folder)/exported")
    #expect(json["bytes"]?.integerValue == Int64(count))
    #expect(count > 1_000)
  }

  @Test(arguments: [
    (["score", "model", "--csv", "rows.csv"], 3, "x, y, label"),
    (["explain", "model", "--row", #"{"x": 1}"#], 3, "the model's features are x, y"),
    (["explain", "model", "--row", "[1, 2, 3]"], 3, "2 features"),
    (["explain", "model", "--row", "[1, 1e999]"], 2, "--row"),
    (["explain", "model"], 2, "--tx ID or --row"),
    (["explain", "model", "--tx", "7"], 7, "not a model over transactions"),
    (["export", "model", "--format", "pmml", "--out", "f"], 2, "onnx, skops, sql, graphviz"),
    (
      ["export", "model", "--format", "graphviz", "--tree", "50", "--out", "f"], 2, "trees 0 to 49"
    ),
    (["fit", "rows.csv", "--out", "m2", "--detector", "{kind: forest}"], 2, "kind"),
    (["fit", "rows.csv", "--out", "model", "--exclude", "label"], 7, "model"),
    (["score", "model", "--csv", "rows.csv", "--exclude", "nobody"], 2, "nobody"),
  ])
  func `a mistake is named with its remedy`(
    arguments: [String], code: Int32, text: String
  ) throws {
    let ending = try laboratory.run(arguments)
    #expect(ending.exitCode == code, "\(ending.errorOutput)")
    #expect(ending.errorOutput.contains(text), "\(ending.errorOutput)")
  }

  @Test func `columns of texts are categories where they are declared`() throws {
    var text = "amount,country\n"
    for row in 0..<400 { text += "\(row % 20),\(row % 50 == 49 ? "FR" : "\"D,E\"")\n" }
    text += "3,\n4,NZ\n"
    try laboratory.write(text, to: "payments.csv")
    let refusal = try laboratory.run(["fit", "payments.csv", "--out", "places"])
    #expect(refusal.exitCode == 3 && refusal.errorOutput.contains("--categorical"))
    try laboratory.succeed(
      "fit", "payments.csv", "--out", "places", "--categorical", "country", "--detector",
      "{contamination: 0.02, kind: isolation_forest}")
    let lines = try laboratory.succeed("score", "places", "--csv", "payments.csv")
      .split(separator: "\n")
    #expect(lines[1].hasPrefix("0.0,\"D,E\",0."))
    #expect(lines[401].hasPrefix("3.0,,0."))
    let scores = lines.dropFirst().compactMap { line in
      line.split(separator: ",").dropLast().last.flatMap { Double($0) }
    }
    #expect(scores.count == 402 && scores[49] > scores[9] && scores[401] > scores[4])
    let json = try laboratory.run([
      "explain", "places", "--row", #"{"amount": 9, "country": "FR"}"#, "--json",
    ]).json()
    let first = json["contributions"]?.arrayValue?.first
    #expect(first?["feature"]?.stringValue == "country" && first?["value"]?.stringValue == "FR")
    for format in ["onnx", "skops", "sql"] {
      let ending = try laboratory.run(["export", "places", "--format", format, "--out", "f"])
      #expect(ending.exitCode != 0 && ending.errorOutput.contains("categories (country)"))
    }
    let gaussian = try laboratory.run([
      "fit", "payments.csv", "--out", "g", "--categorical", "country", "--detector",
      "{kind: gaussian}",
    ])
    #expect(gaussian.exitCode == 2 && gaussian.errorOutput.contains("isolation_forest"))
    let sharded = try laboratory.run([
      "fit", "payments.csv", "--out", "g", "--categorical", "country", "--engine", "local",
    ])
    #expect(sharded.exitCode == 2 && sharded.errorOutput.contains("without --engine"))
  }

  @Test func `a transaction of a version is explained with its features`() throws {
    let laboratory = try Laboratory.withTransactions()
    try laboratory.succeed("pull")
    try laboratory.succeed("train", "fraud")
    let json = try laboratory.run(["explain", "fraud/1", "--tx", "tx000000500", "--json"]).json()
    #expect((json["contributions"]?.arrayValue?.count ?? 0) >= 7)
    let unknown = try laboratory.run(["explain", "fraud/1", "--tx", "nobody"])
    #expect(unknown.exitCode == 2)
    #expect(unknown.errorOutput.contains("no transaction nobody"))
  }
}
