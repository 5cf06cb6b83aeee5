internal import Glibc

/// What systemd offers to a service: a socket that listens already, and a place to say how it is.
public enum ServiceManager {
  /// The listening socket that was handed over for this process (`sd_listen_fds(3)`), if there is one.
  public static var socket: Int32? {
    guard Terminal.environment("LISTEN_PID").flatMap({ Int32($0) }) == getpid(),
      Terminal.environment("LISTEN_FDS") == "1"
    else { return nil }
    return 3
  }

  /// Tells the manager a state such as `READY=1` or `STOPPING=1` (`sd_notify(3)`); nothing happens without one.
  public static func notify(_ state: String) {
    guard let path = Terminal.environment("NOTIFY_SOCKET") else { return }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { place in
      for (index, byte) in bytes.enumerated() { unsafe place[index] = byte }
      // A name without a file starts with NUL, which is written as @.
      if bytes.first == UInt8(ascii: "@") { unsafe place[0] = 0 }
    }
    let descriptor = Glibc.socket(
      AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
    let message = Array(state.utf8)
    _ = unsafe withUnsafePointer(to: address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe sendto(descriptor, message, message.count, 0, $0, length)
      }
    }
  }
}
