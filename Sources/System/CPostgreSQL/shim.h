#ifndef ANOMALYZE_CPOSTGRESQL_SHIM_H
#define ANOMALYZE_CPOSTGRESQL_SHIM_H
#include <libpq-fe.h>

// A compiler builtin, which Swift does not import: the cache line of `address` is wanted soon.
static inline void anomalyze_prefetch(const void *address) { __builtin_prefetch(address); }
#endif
