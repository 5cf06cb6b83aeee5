internal import CProtobufC

/// The memory of C messages that point at each other; it is freed as a whole.
@safe final class MessageArena {
  private var blocks: [UnsafeMutableRawPointer] = unsafe []
  private var texts: [String: UnsafeMutablePointer<CChar>] = unsafe [:]

  deinit {
    unsafe blocks.forEach { unsafe $0.deallocate() }
  }

  /// A copy of `values` at a fixed place; `Element` is a plain C type.
  func array<Element>(_ values: [Element]) -> UnsafeMutablePointer<Element> {
    let place = UnsafeMutablePointer<Element>.allocate(capacity: max(values.count, 1))
    unsafe place.initialize(from: values, count: values.count)
    unsafe blocks.append(UnsafeMutableRawPointer(place))
    return unsafe place
  }

  /// A copy of `value` at a fixed place.
  func copy<Value>(_ value: Value) -> UnsafeMutablePointer<Value> { unsafe array([value]) }

  /// `text` as a C string; equal texts share one.
  func text(_ text: String) -> UnsafeMutablePointer<CChar> {
    if let known = unsafe texts[text] { return unsafe known }
    let place = unsafe array(text.utf8.map { CChar(bitPattern: $0) } + [0])
    unsafe texts[text] = unsafe place
    return unsafe place
  }

  /// `text` as bytes with their count.
  func data(_ text: String) -> ProtobufCBinaryData {
    let place = unsafe UnsafeMutableRawPointer(self.text(text))
    return unsafe ProtobufCBinaryData(
      len: text.utf8.count, data: place.assumingMemoryBound(to: UInt8.self))
  }

  /// `bytes` with their count.
  func data(_ bytes: [UInt8]) -> ProtobufCBinaryData {
    unsafe ProtobufCBinaryData(len: bytes.count, data: array(bytes))
  }
}
