internal import Glibc

/// A socket that listens; closed when the value goes, unless it was handed over.
struct ListeningSocket: ~Copyable {
  let descriptor: Int32
  /// The port it listens on: the chosen one when 0 was asked for.
  let port: UInt16

  /// Binds and listens.
  init(address: String, port: UInt16) throws(HTTPServerError) {
    var storage = sockaddr_storage()
    let length = try ListeningSocket.fill(&storage, address: address, port: port)
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(Int32(storage.ss_family), type, 0)
    guard descriptor >= 0 else {
      throw .cannotListen(address: address, port: port, reason: lastErrorText())
    }
    var yes: Int32 = 1
    unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    let isBound = unsafe withUnsafePointer(to: storage) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, length) == 0
      }
    }
    guard isBound, listen(descriptor, 4096) == 0 else {
      let code = errno
      let reason = lastErrorText()
      close(descriptor)
      if code == EADDRINUSE { throw .addressInUse(address: address, port: port) }
      throw .cannotListen(address: address, port: port, reason: reason)
    }
    self.descriptor = descriptor
    self.port = ListeningSocket.port(of: descriptor) ?? port
  }

  /// Takes over a socket that listens already.
  init(adopting descriptor: Int32) {
    self.descriptor = descriptor
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    port = ListeningSocket.port(of: descriptor) ?? 0
  }

  deinit { close(descriptor) }

  /// Makes the system refuse further connections; those that are open go on.
  func refuseConnections() { shutdown(descriptor, Int32(SHUT_RD)) }

  private static func fill(_ storage: inout sockaddr_storage, address: String, port: UInt16)
    throws(HTTPServerError) -> socklen_t
  {
    try unsafe withUnsafeMutableBytes(of: &storage) { bytes in
      var four = sockaddr_in()
      var six = sockaddr_in6()
      if unsafe inet_pton(AF_INET, address, &four.sin_addr) == 1 {
        four.sin_family = sa_family_t(AF_INET)
        four.sin_port = port.bigEndian
        unsafe bytes.storeBytes(of: four, as: sockaddr_in.self)
        return Result<socklen_t, HTTPServerError>.success(
          socklen_t(MemoryLayout<sockaddr_in>.size))
      }
      if unsafe inet_pton(AF_INET6, address, &six.sin6_addr) == 1 {
        six.sin6_family = sa_family_t(AF_INET6)
        six.sin6_port = port.bigEndian
        unsafe bytes.storeBytes(of: six, as: sockaddr_in6.self)
        return .success(socklen_t(MemoryLayout<sockaddr_in6>.size))
      }
      return .failure(.invalidAddress(address))
    }.get()
  }

  private static func port(of descriptor: Int32) -> UInt16? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(descriptor, $0, &length)
      }
    }
    guard result == 0 else { return nil }
    // The port has the same place in both families' addresses.
    return unsafe withUnsafeBytes(of: storage) {
      UInt16(bigEndian: unsafe $0.load(fromByteOffset: 2, as: UInt16.self))
    }
  }
}

/// The system's words for the last error of this thread.
func lastErrorText() -> String {
  unsafe String(cString: strerror(errno))
}
