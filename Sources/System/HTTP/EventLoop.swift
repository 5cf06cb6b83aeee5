internal import CMicroHTTPD
internal import Glibc
internal import Synchronization

/// One of the library's daemons and the thread that turns it.
///
/// The library could run the thread itself, but then asks the system to wait again whenever exactly 128 connections are
/// ready at once (its `MAX_EVENTS`), before it has served those 128: with 256 busy connections on a thread everything
/// soon stands still until a connection times out. Turned from here it waits inside only while it has too few connections
/// for that, which saves a call of the system a turn; else `poll` below does.
///
/// `@unchecked Sendable`: pointer and descriptors are set once; the library's functions used here may be called from any
/// thread, and the thread has ended before the daemon goes.
@safe final class EventLoop: @unchecked Sendable {
  private let daemon: OpaquePointer
  private let epoll: Int32
  private let context: LoopContext
  private let busyPoll: UInt64
  private let isEnding = Atomic(false)
  private var thread = pthread_t()

  /// Starts a daemon on the listening socket, and its thread.
  init(_ socket: Int32, connectionLimit: Int, core: HTTPServerCore) throws(HTTPServerError) {
    let settings = core.settings
    guard let waker = Waker() else { throw .cannotStart }
    context = LoopContext(core: core, waker: waker)
    busyPoll = settings.busyPoll.wholeNanoseconds
    let started = unsafe anomalyze_http_start(
      socket, UInt32(connectionLimit), settings.headerByteLimit,
      UInt32(settings.idleDeadline.components.seconds), settings.security?.certificate,
      settings.security?.key,
      { context, connection, url, method, version, upload, uploadByteCount, slot in
        unsafe HTTPServerCore.handle(
          context, connection, url, method, version, upload, uploadByteCount, slot)
      },
      { _, _, slot, _ in unsafe HTTPServerCore.requestCompleted(slot) },
      { context, connection, slot, event in
        unsafe HTTPServerCore.connectionChanged(context, connection, slot, event)
      },
      Unmanaged.passUnretained(context).toOpaque())
    guard let started = unsafe started else { throw .cannotStart }
    unsafe daemon = started
    epoll = unsafe anomalyze_http_epoll_descriptor(started)
    guard unsafe anomalyze_http_wake_by(waker.reading, started) == 0 else {
      unsafe MHD_stop_daemon(started)
      throw .cannotStart
    }
    let result = unsafe pthread_create(
      &thread, nil,
      { context in
        guard let context = unsafe context else { return nil }
        unsafe Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue().turn()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    guard result == 0 else {
      unsafe Unmanaged.passUnretained(self).release()
      unsafe MHD_stop_daemon(daemon)
      throw .cannotStart
    }
  }

  /// Below this, connections, the listening socket and the waker cannot be 128 events, with ten connections to come.
  private static let quickConnectionLimit = 112

  /// With more connections than this a thread is seldom without a request, and has no moment to spare.
  private static let busyPollConnectionLimit = 8

  private func turn() {
    var waiting = pollfd(fd: epoll, events: Int16(POLLIN), revents: 0)
    var polling = BusyPolling(limit: busyPoll)
    var looksOn = false
    while !isEnding.load(ordering: .acquiring) {
      let connectionCount = context.connectionCount.load(ordering: .relaxed)
      if connectionCount < EventLoop.quickConnectionLimit {
        // Who else waits for this processor, perhaps the client itself, goes first.
        if looksOn { sched_yield() }
        // The library shortens the wait to its next deadline. It forgets a call that came before, so that is taken first.
        context.waker.calm()
        unsafe MHD_run_wait(daemon, looksOn ? 0 : 1_000)
        looksOn =
          busyPoll > 0 && connectionCount > 0
          && connectionCount <= EventLoop.busyPollConnectionLimit
          && polling.looksOn(
            arrival: context.lastArrival.load(ordering: .relaxed), now: monotonicNanoseconds())
        continue
      }
      looksOn = false
      var milliseconds: CUnsignedLongLong = 0
      let isLimited = unsafe MHD_get_timeout(daemon, &milliseconds) == .YES
      unsafe poll(&waiting, 1, isLimited ? Int32(min(milliseconds, 1_000)) : 1_000)
      context.waker.calm()
      unsafe MHD_run(daemon)
    }
  }

  /// Takes no further connections.
  func refuseConnections() { _ = unsafe MHD_quiesce_daemon(daemon) }

  /// Ends the thread: from now on no request is taken up.
  func endThread() {
    isEnding.store(true, ordering: .releasing)
    context.waker.wake()
    pthread_join(thread, nil)
  }

  /// Ends the daemon with all of its connections, after its thread; none of them may rest.
  func stop() { unsafe MHD_stop_daemon(daemon) }
}

/// What the library hands to every callback.
final class LoopContext: Sendable {
  let core: HTTPServerCore
  let waker: Waker
  /// How many connections the loop has.
  let connectionCount = Atomic(0)
  /// When the last request arrived, by the clock that only goes forward.
  let lastArrival = Atomic<UInt64>(0)

  init(core: HTTPServerCore, waker: Waker) {
    self.core = core
    self.waker = waker
  }
}

/// Ends a loop's waiting from another thread: the library's own signal works only for threads that it runs itself.
final class Waker: Sendable {
  /// Readable after a call.
  let reading: Int32
  private let writing: Int32
  private let isCalled = Atomic(false)

  init?() {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return nil }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    reading = ends[0]
    writing = ends[1]
  }

  deinit {
    close(reading)
    close(writing)
  }

  /// Ends the waiting.
  func wake() {
    guard !isCalled.exchange(true, ordering: .acquiringAndReleasing) else { return }
    _ = unsafe write(writing, [1], 1)
  }

  /// Takes the call, before what it was about is done.
  ///
  /// A caller may have noted its call and not written it yet. Then the note stays until the next time: taken now, it would
  /// leave a byte that nobody reads, and a loop that never sleeps again.
  func calm() {
    guard isCalled.load(ordering: .acquiring) else { return }
    var byte: UInt8 = 0
    guard unsafe read(reading, &byte, 1) == 1 else { return }
    _ = isCalled.exchange(false, ordering: .acquiringAndReleasing)
  }
}
