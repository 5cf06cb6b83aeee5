internal import Files
internal import Signatures
internal import WebClient

extension S3Client {
  /// Uploads a large file in parts of `partByteCount` bytes, continuing what an earlier attempt has left.
  ///
  /// A part that is there already is kept when its entity tag is the MD5 of the same bytes here; otherwise it is sent again,
  /// also where a store makes other tags.
  ///
  /// - Returns: whether the object was put; false when one was there already.
  func putInParts(_ key: String, fileAt path: String, digest: String, partByteCount: Int) throws
    -> Bool
  {
    let byteCount = try FileSystem.byteCount(of: path)
    let upload = try openUpload(of: key) ?? startUpload(of: key, digest: digest)
    let present = try parts(of: key, upload)
    var tags: [String] = []
    for start in stride(from: 0, to: byteCount, by: partByteCount) {
      let number = tags.count + 1
      let bytes = try FileSystem.read(path, range: start..<min(start + partByteCount, byteCount))
      let tag = MessageCode.md5(of: bytes)
      if present[number] == tag {
        tags.append(tag)
      } else {
        tags.append(try putPart(number, of: key, upload, bytes))
      }
    }
    return try complete(key, upload, tags)
  }

  /// The upload of the key that was started last and not finished.
  private func openUpload(of key: String) throws -> String? {
    var request = S3Signer.Request(method: "GET", path: "/\(bucket)")
    request.query = [("uploads", ""), ("prefix", key)]
    let answer = try send(request)
    try check(answer, "list the uploads of", key)
    return S3Document(answer.body).elements("Upload").last { $0.text("Key") == key }?
      .text("UploadId")
  }

  private func startUpload(of key: String, digest: String) throws -> String {
    var request = S3Signer.Request(method: "POST", path: self.path(key))
    request.query = [("uploads", "")]
    request.headers = [(Self.digestField, digest)]
    let answer = try send(request)
    try check(answer, "start to upload", key)
    guard let upload = S3Document(answer.body).text("UploadId") else {
      throw DistributionError.remote(
        operation: "start to upload", place: key, status: answer.status, code: "no UploadId")
    }
    return upload
  }

  /// Entity tags by number of the parts that have arrived.
  private func parts(of key: String, _ upload: String) throws -> [Int: String] {
    var tags: [Int: String] = [:]
    var marker = "0"
    while true {
      var request = S3Signer.Request(method: "GET", path: path(key))
      request.query = [("uploadId", upload), ("part-number-marker", marker)]
      let answer = try send(request)
      try check(answer, "list the parts of", key)
      let document = S3Document(answer.body)
      for part in document.elements("Part") {
        guard let number = part.text("PartNumber").flatMap({ Int($0) }) else { continue }
        tags[number] = part.text("ETag")?.filter { $0 != "\"" }
      }
      guard document.text("IsTruncated") == "true", let next = document.text("NextPartNumberMarker")
      else { return tags }
      marker = next
    }
  }

  private func putPart(
    _ number: Int, of key: String, _ upload: String, _ bytes: [UInt8]
  ) throws -> String {
    var request = S3Signer.Request(method: "PUT", path: path(key), body: bytes)
    request.query = [("partNumber", String(number)), ("uploadId", upload)]
    let answer = try send(request)
    try check(answer, "upload part \(number) of", key)
    guard let tag = answer.headers["etag"] else {
      throw DistributionError.remote(
        operation: "upload part \(number) of", place: key, status: answer.status, code: "no ETag")
    }
    return tag.filter { $0 != "\"" }
  }

  private func complete(_ key: String, _ upload: String, _ tags: [String]) throws -> Bool {
    let parts = tags.enumerated().map {
      "<Part><PartNumber>\($0 + 1)</PartNumber><ETag>\"\($1)\"</ETag></Part>"
    }
    var request = S3Signer.Request(
      method: "POST", path: path(key),
      body: Array(
        "<CompleteMultipartUpload>\(parts.joined())</CompleteMultipartUpload>".utf8))
    request.query = [("uploadId", upload)]
    request.headers = [("if-none-match", "*")]
    let answer = try send(request)
    if [409, 412].contains(answer.status) {
      // The parts would be kept, and paid for, until somebody ends the upload.
      var abort = S3Signer.Request(method: "DELETE", path: path(key))
      abort.query = [("uploadId", upload)]
      _ = try send(abort)
      return false
    }
    try check(answer, "finish the upload of", key)
    // This call may fail after it has answered with 200.
    if let code = S3Document(answer.body).elements("Error").first?.text("Code") {
      throw DistributionError.remote(
        operation: "finish the upload of", place: key, status: answer.status, code: code)
    }
    return true
  }
}
