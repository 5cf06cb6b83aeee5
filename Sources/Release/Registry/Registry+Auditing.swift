import Files
public import JSON

/// The end of a sound audit: with both numbers noted elsewhere, a cut chain shows.
public struct AuditHead: Equatable, Sendable {
  /// How many rows there are.
  public let rowCount: Int
  /// Hash of the last row.
  public let hash: String

  /// The end as a JSON object.
  public var json: JSONValue {
    ["rows": .integer(Int64(rowCount)), "hash": .string(hash)]
  }

  init(of rows: [AuditRow]) {
    rowCount = rows.count
    hash = rows.last?.hash ?? AuditRow.origin
  }
}

extension Registry {
  /// The whole audit as lines of JSON, after it was checked, with its end.
  ///
  /// - Throws: `RegistryError`, among them `brokenAudit`.
  public func exportAudit() throws(RegistryError) -> (bytes: [UInt8], head: AuditHead) {
    let rows = try checkedAudit()
    var bytes: [UInt8] = []
    for row in rows {
      bytes += row.json.bytes()
      bytes.append(UInt8(ascii: "\n"))
    }
    return (bytes, AuditHead(of: rows))
  }

  /// Checks an exported audit by itself: every row follows from the one before.
  ///
  /// - Throws: `RegistryError.brokenAudit` with the first row that does not, or `file`.
  public static func checkAudit(exportedTo path: String) throws(RegistryError) -> AuditHead {
    try RegistryError.wrapping {
      guard FileSystem.exists(path) else {
        throw FileError.system(operation: "open", path: path, code: 2)
      }
      return AuditHead(of: try AuditLog(path: path).rows())
    }
  }
}
