/// A fixed number of elements that begin where a line of the processor's cache begins.
///
/// An array's elements begin 16, 32 or 48 bytes into a line as it happens, so that vectors of 32 bytes may lie across two
/// lines; loops that do little else than load and store them then take longer.
@safe public struct AlignedMemory<Element>: ~Copyable {
  @usableFromInline let memory: UnsafeMutableBufferPointer<Element>
  /// How many elements there are.
  public let count: Int

  /// Bytes of a line on every processor that Swift knows, or a multiple of them.
  private static var lineSize: Int { 64 }

  /// Memory that begins with a copy of `elements`.
  public init(_ elements: [Element]) {
    count = elements.count
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: elements.count * MemoryLayout<Element>.stride,
      alignment: max(Self.lineSize, MemoryLayout<Element>.alignment))
    unsafe memory = unsafe bytes.bindMemory(to: Element.self)
    _ = unsafe memory.initialize(from: elements)
  }

  deinit {
    unsafe memory.deinitialize()
    unsafe memory.deallocate()
  }

  /// - Precondition: `index` is that of an element.
  @inlinable
  public subscript(_ index: Int) -> Element {
    @inline(__always) get {
      precondition(index >= 0 && index < count, "the element is there")
      return unsafe memory[index]
    }
    @inline(__always) set {
      precondition(index >= 0 && index < count, "the element is there")
      unsafe memory[index] = newValue
    }
  }
}
