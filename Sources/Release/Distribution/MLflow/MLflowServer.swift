internal import Files
internal import JSON
public import Registry
internal import Signatures
public import Transactions
public import WebClient

/// A tracking server of MLflow, as far as versions are put into its registry.
///
/// A version becomes a run with its figures, parameters and files, and a version of the registered model with its aliases and
/// the tag `anomalyze_digest`. A version that the server has already is not sent again.
public struct MLflowServer: Sendable {
  private let url: String
  private let client: WebClient
  private let authorization: String?

  /// Describes the server at `url`; `MLFLOW_TRACKING_TOKEN`, or `MLFLOW_TRACKING_USERNAME` and `…_PASSWORD`, say who asks.
  public init(
    url: String, environment: (String) -> String?,
    client: WebClient = WebClient(secondsAllowed: 120)
  ) {
    self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
    self.client = client
    if let token = environment("MLFLOW_TRACKING_TOKEN") {
      authorization = "Bearer \(token)"
    } else if let user = environment("MLFLOW_TRACKING_USERNAME"),
      let password = environment("MLFLOW_TRACKING_PASSWORD")
    {
      authorization = "Basic \(Base64.text(Array("\(user):\(password)".utf8)))"
    } else {
      authorization = nil
    }
  }

  /// What a push did.
  public struct Push: Equatable, Sendable {
    /// The version here.
    public let version: ResolvedVersion
    /// Its number on the server.
    public let remoteVersion: String
    /// False when the server had it already.
    public let isNew: Bool
  }

  private static let digestTag = "anomalyze_digest"

  /// Registers a version on the server and gives it the aliases that it has here.
  ///
  /// - Throws: `DistributionError.remote` with MLflow's error code, `WebClientError`, `RegistryError`.
  public func push(
    _ reference: ModelReference, of registry: borrowing Registry, at moment: Timestamp
  ) throws -> Push {
    let parcel = try VersionParcel(reference, of: registry)
    let version = parcel.version
    let aliases = try registry.aliases(of: version.name).filter { $0.version == version.version }
    var isNew = false
    let number: String
    if let present = try remoteVersion(of: version.name, digest: version.digest) {
      number = present
    } else {
      number = try create(parcel, at: moment)
      isNew = true
    }
    for alias in aliases {
      _ = try call(
        "POST", "registered-models/alias",
        [
          "name": .string(version.name), "alias": .string(alias.alias), "version": .string(number),
        ])
    }
    return Push(version: version, remoteVersion: number, isNew: isNew)
  }

  /// The version of a model that carries a digest; `nil` when there is none.
  private func remoteVersion(of name: String, digest: String) throws -> String? {
    var token = ""
    repeat {
      // The names of models hold no quote.
      let filter = URLText.encoded("name='\(name)'", keeping: "")
      let page = try call(
        "GET",
        "model-versions/search?filter=\(filter)&max_results=1000"
          + (token.isEmpty ? "" : "&page_token=\(URLText.encoded(token, keeping: ""))"))
      for entry in page["model_versions"]?.arrayValue ?? [] {
        let tags = entry["tags"]?.arrayValue ?? []
        if tags.contains(where: {
          $0["key"]?.stringValue == Self.digestTag && $0["value"]?.stringValue == digest
        }) {
          return entry["version"]?.stringValue
        }
      }
      token = page["next_page_token"]?.stringValue ?? ""
    } while !token.isEmpty
    return nil
  }

  private func create(_ parcel: VersionParcel, at moment: Timestamp) throws -> String {
    let version = parcel.version
    let milliseconds = JSONValue.integer(moment.microseconds / 1_000)
    let run = try call(
      "POST", "runs/create",
      [
        "experiment_id": "0", "start_time": milliseconds,
        "run_name": .string("\(version.name)-\(version.version)"),
      ])
    guard let info = run["run"]?["info"], let id = info["run_id"]?.stringValue,
      let artifacts = info["artifact_uri"]?.stringValue
    else { throw failure("create a run on", "an answer without run_id") }
    let scheme = "mlflow-artifacts:/"
    guard artifacts.hasPrefix(scheme) else {
      throw failure(
        "store files on", "the server does not take artifacts (\(artifacts.prefix(16))…)")
    }
    let root = artifacts.dropFirst(scheme.count).drop { $0 == "/" }
    for file in parcel.files {
      let path = URLText.encoded("\(root)/model/\(file)", keeping: "/")
      let bytes = try FileSystem.read("\(version.folder)/\(file)")
      try check(
        send("PUT", "/api/2.0/mlflow-artifacts/artifacts/\(path)", bytes), "store \(file) on")
    }
    _ = try call("POST", "runs/log-batch", try figures(of: version, run: id, at: milliseconds))
    try createModel(version.name)
    let created = try call(
      "POST", "model-versions/create",
      [
        "name": .string(version.name), "source": .string("\(artifacts)/model"),
        "run_id": .string(id), "description": .string(parcel.record.description),
        "tags": .array(
          (parcel.record.tags.sorted { $0.key < $1.key } + [
            (key: Self.digestTag, value: version.digest)
          ]).map { ["key": .string($0.key), "value": .string($0.value)] }),
      ])
    _ = try call(
      "POST", "runs/update",
      ["run_id": .string(id), "status": "FINISHED", "end_time": milliseconds])
    guard let number = created["model_version"]?["version"]?.stringValue else {
      throw failure("register on", "an answer without version")
    }
    return number
  }

  private func createModel(_ name: String) throws {
    let answer = try send(
      "POST", "/api/2.0/mlflow/registered-models/create",
      JSONValue.object(["name": .string(name)]).bytes())
    let code = (try? JSONValue(parsing: answer.body))?["error_code"]?.stringValue
    if code == "RESOURCE_ALREADY_EXISTS" { return }
    try check(answer, "register on")
  }

  /// Headline figures as metrics, the detector's parameters as params.
  private func figures(
    of version: ResolvedVersion, run: String, at milliseconds: JSONValue
  ) throws -> JSONValue {
    func document(_ name: String) -> JSONValue? {
      (try? FileSystem.read("\(version.folder)/\(name)")).flatMap { try? JSONValue(parsing: $0) }
    }
    let metrics = (document("metrics.json")?["headline"]?.objectValue?.members ?? []).compactMap {
      member -> JSONValue? in
      guard let value = member.value["value"]?.doubleValue else { return nil }
      return [
        "key": .string(member.key), "value": .number(value), "timestamp": milliseconds, "step": 0,
      ]
    }
    let parameters = (document("lineage.json")?["detector"]?.objectValue?.members ?? []).map {
      member -> JSONValue in
      [
        "key": .string(member.key),
        "value": .string(String((member.value.stringValue ?? member.value.text()).prefix(500))),
      ]
    }
    return [
      "run_id": .string(run), "metrics": .array(metrics), "params": .array(parameters),
    ]
  }

  private func call(_ method: String, _ path: String, _ body: JSONValue? = nil) throws -> JSONValue
  {
    let answer = try send(method, "/api/2.0/mlflow/\(path)", body?.bytes() ?? [])
    try check(answer, "call \(path.prefix { $0 != "?" }) of")
    return (try? JSONValue(parsing: answer.body)) ?? [:]
  }

  private func send(_ method: String, _ path: String, _ body: [UInt8]) throws -> WebAnswer {
    var headers = [WebRequest.Header("Content-Type", "application/json")]
    if path.contains("/mlflow-artifacts/") {
      headers = [WebRequest.Header("Content-Type", "application/octet-stream")]
    }
    if let authorization { headers.append(WebRequest.Header("Authorization", authorization)) }
    return try client.send(WebRequest(method, url + path, headers: headers, body: body))
  }

  private func check(_ answer: WebAnswer, _ operation: String) throws {
    guard !answer.isSuccess else { return }
    let document = try? JSONValue(parsing: answer.body)
    throw DistributionError.remote(
      operation: operation, place: url, status: answer.status,
      code: document?["error_code"]?.stringValue ?? "")
  }

  private func failure(_ operation: String, _ code: String) -> DistributionError {
    .remote(operation: operation, place: url, status: 200, code: code)
  }
}
