internal import Arguments
internal import Files
internal import JSON
internal import Models
internal import Pipeline
internal import Tabular
internal import Terminal
internal import Transactions

extension LabCommand {
  /// Detectors over any table of numbers, without transactions, snapshots and versions.
  static let tableCommands: [LabEntry] = [
    LabEntry(
      CommandSyntax(
        "fit", "Fit a detector to the numbers of a CSV file and write a model folder.",
        operands: [
          .init(
            "FILE",
            "CSV file of numbers with a header line, plain or gzip, or a .parquet file, which Python's pyarrow reads; with --engine also a folder of such files",
            isRequired: false)
        ],
        options: [
          .init("--out", "FOLDER", "The model folder to make."),
          .init(
            "--detector", "YAML", "Kind and parameters.", default: "{kind: isolation_forest}"),
          exclude,
          .init(
            "--categorical", "NAME,…",
            "Columns of texts or codes that are only equal or different; for isolation_forest."),
        ] + tableRows + CommandSyntax.Option.engines + [.threads, .json],
        examples: [
          "anomalyze fit rows.csv --out model",
          "anomalyze fit payments.csv --out model --categorical country,channel",
          "anomalyze fit --source postgresql://db/payments --columns amount,latitude,longitude --engine dask --shards 8 --out model",
          "anomalyze fit rows.csv --out model --detector '{kind: isolation_forest, contamination: 0.02}'",
        ]),
      LabCommand.fitTable),
    LabEntry(
      CommandSyntax(
        "score", "Score the rows of a CSV file whose columns are the model's features.",
        operands: [modelOperand],
        options: [
          .config,
          .init(
            "--csv", "FILE",
            "The rows, a column per feature in the model's order, or a .parquet file; with --engine also a folder of such files."
          ),
          .init("--out", "FILE", "Where the table goes.", default: "standard output"), exclude,
        ] + tableRows + CommandSyntax.Option.engines + [.threads, .json],
        examples: [
          "anomalyze score model --source postgresql://db/payments --engine spark --shards 64 --out scores.csv",
          "anomalyze score model --csv rows.csv --out scores.csv",
        ]),
      LabCommand.scoreTable),
  ]

  /// Which rows are read where they lie.
  private static let tableRows: [CommandSyntax.Option] = [
    .init("--source", "LOCATION", "Read a table of a database: postgresql://…."),
    .init(
      "--table", "NAME", "With --source: the table, as one writes it in SQL.",
      default: "transactions"),
    .init("--query", "SQL", "With --source: the rows of a SELECT instead of a table."),
    .init(
      switch: "--key-ranges",
      "With --source and --engine: shards are ranges of the key, as in views, also where pages have numbers."
    ),
    .init("--columns", "NAME,…", "With --source, --engine or Parquet: the columns of numbers."),
    .init("--where", "SQL", "With --source: a condition over the table's columns."),
    .init(
      "--key", "NAME",
      "With --source or --engine: the column that identifies a row, from which samples are drawn.",
      default: "tx_id in a database, the row's values in a file"),
  ]

  private static let exclude = CommandSyntax.Option(
    "--exclude", "NAME,…", "Columns of the file to leave out, such as labels.")

  private func table(_ path: String, categorical: [String]) throws -> CSVNumberTable {
    let excluded = values.text("--exclude")?.split(separator: ",").map(String.init) ?? []
    return try CSVNumberTable(path: path, excluding: excluded, categorical: categorical)
  }

  private func fittedDetector() throws -> DetectorConfiguration {
    let detector = try DetectorConfiguration(
      parsing: values.text("--detector") ?? "{kind: isolation_forest}")
    do {
      return try detector.knowing(
        categorical: values.text("--categorical")?.split(separator: ",").map(String.init) ?? [])
    } catch {
      throw UsageError("--categorical: \(error)")
    }
  }

  func fitTable() throws {
    guard let folder = values.text("--out") else {
      throw UsageError("--out is missing: the model folder to make")
    }
    let detector = try fittedDetector()
    if values.text("--source") != nil || values.text("--engine") != nil
      || Self.isParquet(values.text("FILE"))
    {
      return try fitShards(detector, folder: folder)
    }
    guard let file = values.text("FILE") else {
      throw UsageError("FILE is missing: a CSV file, or a database with --source")
    }
    let table = try table(file, categorical: detector.categoricalFeatures)
    var (fitted, threshold, _) = try detector.fit(
      table.matrix, featureNames: table.columnNames,
      rowKeys: (0..<table.matrix.rowCount).map { UInt64($0) },
      labels: [Bool](repeating: false, count: table.matrix.rowCount),
      threadCount: context().threadCount)
    if let forest = fitted as? IsolationForest, !table.categoryNames.isEmpty {
      fitted = forest.namingCategories(table.categoryNames)
    }
    let staged = try StagedDirectory(destination: folder)
    let goldenRows = table.matrix.selecting(rows: 0..<min(8, table.matrix.rowCount))
    try TrainedDetector(detector: fitted, threshold: threshold).write(
      to: staged, goldenRows: goldenRows)
    try staged.commit(readOnly: false)
    show(
      [
        "model": .string(folder), "detector": detector.json, "threshold": .number(threshold),
        "rows": .integer(Int64(table.matrix.rowCount)),
        "features": .array(table.columnNames.map { .string($0) }),
      ],
      "\(folder): \(detector.kind) of \(grouped(table.matrix.rowCount)) rows and "
        + "\(table.columnNames.count) features, threshold \(fixed(threshold))\n")
  }

  func scoreTable() throws {
    if values.text("--source") != nil || values.text("--engine") != nil
      || Self.isParquet(values.text("--csv"))
    {
      return try scoreShards()
    }
    guard let path = values.text("--csv") else {
      throw UsageError("--csv is missing: the file with the rows")
    }
    let model = try trainedDetector()
    let categorical = (model.detector as? IsolationForest)?.categoricalFeatureNames ?? []
    let table = try table(path, categorical: categorical)
    let scores = try model.scores(
      of: table.matrix, columnNames: table.columnNames, threadCount: context().threadCount)
    let text: String
    if values.isOn("--json") {
      text = JSONValue.array(
        scores.map { ["score": .number($0), "is_anomaly": .bool($0 > model.threshold)] }
      ).text(.indented)
    } else {
      let header = (table.columnNames + ["score", "is_anomaly"]).joined(separator: ",")
      let rows = scores.enumerated().map { row, score in
        [table.line(ofRow: row), "\(score)", score > model.threshold ? "1" : "0"].joined(
          separator: ",")
      }
      text = ([header] + rows).map { $0 + "\n" }.joined()
    }
    if let file = values.text("--out") {
      try FileSystem.writeAtomically(Array(text.utf8), to: file)
    } else {
      Terminal.print(text)
    }
  }
}
