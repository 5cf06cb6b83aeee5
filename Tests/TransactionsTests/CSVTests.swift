import Compression
import Glibc
import Testing
import Transactions

@Suite struct CSVTests {
  private func file(_ text: String, name: String = "t.csv") throws -> String {
    var generator = SystemRandomNumberGenerator()
    let path = "/tmp/anomalyze-csv-\(getpid())-\(generator.next())-\(name)"
    var writer = try GzipWriter(path, isCompressed: name.hasSuffix(".gz"))
    try writer.write(Array(text.utf8))
    try writer.finish()
    return path
  }

  private func rows(
    _ path: String, _ mapping: String = "", batchSize: Int = 1_000
  ) throws -> [LabelledTransaction] {
    let reader = CSVTransactionReader(path: path, mapping: try CSVColumnMapping(parsing: mapping))
    var rows: [LabelledTransaction] = []
    try reader.forEachBatch(batchSize: batchSize) { batch in
      for row in 0..<batch.count { rows.append(batch[row]) }
    }
    return rows
  }

  @Test(arguments: ["t.csv", "t.csv.gz"])
  func `generated rows survive writing and reading`(name: String) throws {
    let path = try file("", name: name)
    var writer = try CSVTransactionWriter(path: path)
    var written: [LabelledTransaction] = []
    let settings = try GeneratorSettings(userCount: 50, dayCount: 20)
    try TransactionGenerator(settings).forEachBatch { batch in
      for row in 0..<batch.count { written.append(batch[row]) }
      try writer.write(batch)
    }
    try writer.finish()
    #expect(try rows(path, batchSize: 333) == written)
  }

  @Test func `common headers are recognised and labels get a delay`() throws {
    let path = try file(
      "\u{FEFF}transaction_id,tx_datetime,CUSTOMER_ID,tx_amount,tx_fraud,tx_fraud_scenario\r\n"
        + "1,2018-04-01 00:00:31,596,57.16,0,0\r\n\r\n2,2018-04-01 00:02:10,4961,81.51,1,2\r\n")
    let rows = try rows(path)
    #expect(rows.map(\.transaction.userID) == ["596", "4961"])
    #expect(rows[0].label?.isFraud == false)
    #expect(rows[1].label?.scenario == "2")
    #expect(rows[1].label?.knownAt == rows[1].transaction.time + .days(7))
  }

  @Test func `quoted cells hold commas, quotes and line breaks`() throws {
    let path = try file(
      "tx_id,time,user_id,amount,location\n\"a\"\"b\",1,\"u,1\",2.50,\"two\nlines\"\nc,2,u,3,\n")
    let rows = try rows(path)
    #expect(rows[0].transaction.id == "a\"b")
    #expect(rows[0].transaction.location == "two\nlines")
    #expect(rows[1].transaction.location == nil)
  }

  @Test(arguments: [
    ("tx_id,time,user_id,amount\n1,2,u,ten\n", "line 2, column amount: expected a decimal number"),
    ("tx_id,time,user_id,amount\n1,2,u,1\n2,soon,u,1\n", "line 3, column time: expected a moment"),
    (
      "tx_id,time,user_id,amount\n1,2,,1\n",
      "line 2, column user_id: expected an identifier, found nothing"
    ),
    ("tx_id,time,user_id,amount\n1,2,u\n", "line 2: 3 cells where the header has 4"),
    ("tx_id,time,user_id,amount\n1,2,u,\"1\n", "line 2: a quoted cell does not end"),
    ("tx_id,time,user_id,amount\n1,2,u\"x,1\n", "line 2: a quote inside a cell"),
    ("tx_id,time,user_id,amount,lat\n1,2,u,1,ten\n", "column lat: expected a number of degrees"),
    ("tx_id,time,user_id,amount,lat\n1,2,u,1,nan\n", "column lat: expected a number of degrees"),
    ("tx_id,time,user_id,amount\n1,2018-02-30 00:00:00,u,1\n", "column time: expected a moment"),
    ("tx_id,time,user_id,amount\n1,2,\"a\nb\"c,1\n", "line 3: a closing quote must be followed"),
    ("", "its first line must name the columns"), ("tx_id,time,user_id,amount\n", "no rows"),
    ("tx_id,when,user_id,amount\n", "say which with --map time=COLUMN"),
  ])
  func `a wrong file says where and what, and quotes no cell`(text: String, message: String) throws
  {
    let path = try file(text)
    let error = #expect(throws: CSVError.self) { try rows(path) }
    let description = error?.description ?? ""
    #expect(description.contains(message), "\(description)")
    for secret in ["ten", "soon", "x,1"] { #expect(!description.contains(secret)) }
  }

  @Test(arguments: [
    ("user_id=holder", "has no column holder"), ("user=holder", "no field user to map"),
    ("user_id", "a mapping is FIELD=COLUMN"),
  ])
  func `a wrong mapping says what there is`(mapping: String, message: String) throws {
    let path = try file("tx_id,time,user_id,amount\n1,2,u,1\n")
    let error = #expect(throws: CSVError.self) { try rows(path, mapping) }
    #expect(error?.description.contains(message) == true)
  }

  @Test func `a missing file and a cut gzip file are named`() throws {
    #expect(
      throws: CSVError.unreadable(path: "/nonexistent.csv", reason: "No such file or directory")
    ) {
      try rows("/nonexistent.csv")
    }
    let path = try file(
      "tx_id,time,user_id,amount\n" + (0..<5_000).map { "\($0),\($0),u\($0 * 7919),1\n" }.joined(),
      name: "t.csv.gz")
    #expect(unsafe truncate(path, 9_000) == 0)
    let error = #expect(throws: CSVError.self) { try rows(path) }
    #expect(error?.description.contains("cut or altered") == true)
  }
}
