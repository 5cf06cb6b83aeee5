/* Shows the thread sanitizer what Swift's Mutex does when two threads want it at once. The sanitizer sees the quick way in and
   out, which is compiled into the program, but not the waiting, which is in a library of the toolchain: without this it
   reports a race inside every lock that is ever contended. Here a waiting thread tries the quick way again and again.
   clang -shared -fPIC -O1 contended_mutex.c -o contended_mutex.so; LD_PRELOAD=contended_mutex.so program */
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>

extern void __tsan_acquire(void *address) __attribute__((weak));

/* Synchronization._MutexHandle._lockSlow(UInt32): the handle is one word, 0 or the thread that has the lock. */
__attribute__((swiftcall)) void wait_for_lock(
    uint32_t thread, __attribute__((swift_context)) uint32_t *owner)
    __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");

__attribute__((swiftcall)) void wait_for_lock(
    uint32_t thread, __attribute__((swift_context)) uint32_t *owner) {
  for (;;) {
    uint32_t nobody = 0;
    if (__atomic_compare_exchange_n(owner, &nobody, thread, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) break;
    if (nobody == thread) abort();
    sched_yield();
  }
  if (__tsan_acquire != NULL) __tsan_acquire(owner);
}
