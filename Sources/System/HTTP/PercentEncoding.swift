/// Decoding of paths and queries (RFC 3986); what decodes to a control character or is no UTF-8 is refused.
enum PercentEncoding {
  /// The text that `bytes` stand for.
  static func decoded(_ bytes: Substring.UTF8View) throws(HTTPFailure) -> String {
    let percent = UInt8(ascii: "%")
    guard bytes.contains(percent) else {
      return String(Substring(bytes))
    }
    var decoded: [UInt8] = []
    var iterator = bytes.makeIterator()
    while let byte = iterator.next() {
      if byte == percent {
        guard let high = iterator.next().flatMap(hexadecimalDigit),
          let low = iterator.next().flatMap(hexadecimalDigit)
        else { throw malformed }
        decoded.append(high << 4 | low)
      } else {
        decoded.append(byte)
      }
    }
    guard decoded.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
      let text = String(validating: decoded, as: UTF8.self)
    else { throw malformed }
    return text
  }

  private static var malformed: HTTPFailure {
    HTTPFailure(
      400, "MALFORMED_TARGET",
      "the path or query has a percent escape that is incomplete, a control character or not UTF-8")
  }

  private static func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    case 97...102: byte - 87
    default: nil
    }
  }
}
