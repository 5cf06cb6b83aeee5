internal import CCurl

/// One transfer: the handle of libcurl, what goes out and what has come in.
@safe final class Transfer {
  private let handle: UnsafeMutableRawPointer
  private let answerByteLimit: Int
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private var recipientList: UnsafeMutablePointer<curl_slist>?
  private var outgoing: [UInt8] = []
  private var sentCount = 0
  private var received: [UInt8] = []
  private var headers: [String: String] = [:]
  private var isTooLarge = false

  private static let isStarted = anomalyze_curl_start() == CURLE_OK

  init(url: String, secondsAllowed: Double, answerByteLimit: Int) throws(WebClientError) {
    guard Self.isStarted, let handle = unsafe curl_easy_init() else { throw .unavailable }
    unsafe self.handle = unsafe handle
    self.answerByteLimit = answerByteLimit
    set(CURLOPT_URL, url)
    set(CURLOPT_PROTOCOLS_STR, "http,https,smtp,smtps")
    set(CURLOPT_USERAGENT, "anomalyze")
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_FOLLOWLOCATION, 0)
    set(CURLOPT_TIMEOUT_MS, Int((secondsAllowed * 1000).rounded(.up)))
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    unsafe anomalyze_curl_set_pointer(handle, CURLOPT_WRITEDATA, context)
    unsafe anomalyze_curl_set_transfer(handle, CURLOPT_WRITEFUNCTION) {
      bytes, size, count, context in
      unsafe Transfer.of(context).receive(bytes, size * count)
    }
    unsafe anomalyze_curl_set_pointer(handle, CURLOPT_HEADERDATA, context)
    unsafe anomalyze_curl_set_transfer(handle, CURLOPT_HEADERFUNCTION) {
      bytes, size, count, context in
      unsafe Transfer.of(context).receiveHeader(bytes, size * count)
    }
    unsafe anomalyze_curl_set_pointer(handle, CURLOPT_READDATA, context)
    unsafe anomalyze_curl_set_transfer(handle, CURLOPT_READFUNCTION) {
      bytes, size, count, context in
      unsafe Transfer.of(context).fill(bytes, size * count)
    }
  }

  deinit {
    unsafe curl_easy_cleanup(handle)
    unsafe curl_slist_free_all(headerList)
    unsafe curl_slist_free_all(recipientList)
  }

  var answer: WebAnswer {
    WebAnswer(
      status: unsafe anomalyze_curl_status(handle), headers: headers, body: received)
  }

  func set(headers: [String]) {
    for header in headers { unsafe headerList = curl_slist_append(headerList, header) }
    unsafe anomalyze_curl_set_list(handle, CURLOPT_HTTPHEADER, headerList)
  }

  func set(method: String, body: [UInt8]) {
    if method == "HEAD" {
      set(CURLOPT_NOBODY, 1)
    } else if !body.isEmpty || method == "POST" || method == "PUT" {
      set(upload: body)
    }
    set(CURLOPT_CUSTOMREQUEST, method)
  }

  /// The bytes to send, with their count, so that a server never has to guess where they end.
  func set(upload bytes: [UInt8]) {
    outgoing = bytes
    set(CURLOPT_UPLOAD, 1)
    unsafe anomalyze_curl_set_size(handle, CURLOPT_INFILESIZE_LARGE, curl_off_t(bytes.count))
  }

  func set(
    sender: String, recipients: [String], user: String?, password: String?, requiresTLS: Bool
  ) {
    for recipient in recipients {
      unsafe recipientList = curl_slist_append(recipientList, "<\(recipient)>")
    }
    set(CURLOPT_MAIL_FROM, "<\(sender)>")
    unsafe anomalyze_curl_set_list(handle, CURLOPT_MAIL_RCPT, recipientList)
    if let user { set(CURLOPT_USERNAME, user) }
    if let password { set(CURLOPT_PASSWORD, password) }
    set(
      CURLOPT_USE_SSL, Int(requiresTLS ? CURLUSESSL_ALL.rawValue : CURLUSESSL_TRY.rawValue))
  }

  func perform(host: String) throws(WebClientError) {
    let code = unsafe curl_easy_perform(handle)
    if isTooLarge { throw .answerTooLarge(host: host, byteLimit: answerByteLimit) }
    guard code == CURLE_OK else {
      throw .failed(host: host, reason: unsafe String(cString: curl_easy_strerror(code)))
    }
  }

  private func set(_ option: CURLoption, _ value: Int) {
    unsafe anomalyze_curl_set_number(handle, option, value)
  }

  private func set(_ option: CURLoption, _ value: String) {
    unsafe anomalyze_curl_set_text(handle, option, value)
  }

  private static func of(_ context: UnsafeMutableRawPointer?) -> Transfer {
    guard let context = unsafe context else { preconditionFailure("a transfer has a context") }
    return unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  }

  private func receive(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    guard received.count + count <= answerByteLimit else {
      isTooLarge = true
      return 0
    }
    unsafe received.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
    return count
  }

  private func receiveHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    let line = unsafe String(
      decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
    guard let colon = line.firstIndex(of: ":") else {
      // A status line starts a new answer, such as the one after "100 Continue".
      if line.hasPrefix("HTTP/") { headers = [:] }
      return count
    }
    let value = line[line.index(after: colon)...].trimmingPrefix { $0.isWhitespace }
    headers[line[..<colon].lowercased()] = String(
      value.reversed().drop { $0.isWhitespace || $0.isNewline }.reversed())
    return count
  }

  private func fill(_ bytes: UnsafeMutablePointer<CChar>?, _ capacity: Int) -> Int {
    let count = min(capacity, outgoing.count - sentCount)
    guard let bytes = unsafe bytes, count > 0 else { return 0 }
    unsafe UnsafeMutableRawBufferPointer(start: bytes, count: count).copyBytes(
      from: outgoing[sentCount..<sentCount + count])
    sentCount += count
    return count
  }
}
