#ifndef ANOMALYZE_CSPAWN_SHIM_H
#define ANOMALYZE_CSPAWN_SHIM_H
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
/* GNU extensions of glibc 2.27 and 2.34, which its headers hide from Swift's module of the C library. */
extern int memfd_create(const char *name, unsigned int flags);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
/* Linux 5.3; glibc knows it from 2.36 on only. */
static inline int anomalyze_process_descriptor(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }
/* Swift imports no macro with arguments. */
static inline int anomalyze_exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
static inline int anomalyze_signal(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }
#endif
