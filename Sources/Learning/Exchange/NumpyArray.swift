/// An array as NumPy stores it (format NPY 1.0): a text that describes it, then its bytes, little-endian.
enum NumpyArray {
  static func encode(_ values: [Double], shape: [Int]) -> [UInt8] {
    var bytes = header("'<f8'", shape: shape)
    for value in values { append(value.bitPattern, to: &bytes) }
    return bytes
  }

  static func encode(_ values: [Int64]) -> [UInt8] {
    var bytes = header("'<i8'", shape: [values.count])
    for value in values { append(UInt64(bitPattern: value), to: &bytes) }
    return bytes
  }

  /// Everything before the values; `type` is a Python expression.
  static func header(_ type: String, shape: [Int]) -> [UInt8] {
    let sizes = shape.map { "\($0)," }.joined(separator: " ")
    var text = Array("{'descr': \(type), 'fortran_order': False, 'shape': (\(sizes)), }".utf8)
    // Values start at a multiple of 64 bytes.
    while !(text.count + 11).isMultiple(of: 64) { text.append(UInt8(ascii: " ")) }
    text.append(UInt8(ascii: "\n"))
    let count = [UInt8(truncatingIfNeeded: text.count), UInt8(truncatingIfNeeded: text.count >> 8)]
    return [0x93] + Array("NUMPY".utf8) + [1, 0] + count + text
  }

  static func append(_ word: UInt64, to bytes: inout [UInt8]) {
    for byte in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> (8 * UInt64(byte)))) }
  }
}
