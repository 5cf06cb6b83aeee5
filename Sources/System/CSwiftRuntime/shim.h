#ifndef ANOMALYZE_CSWIFTRUNTIME_SHIM_H
#define ANOMALYZE_CSWIFTRUNTIME_SHIM_H
extern void *swift_retain(void *object);

/* Counts a reference at this very place. The optimizer may move a count that Swift code makes behind the atomic operation that
   follows, as long as nothing between them lets go of the object in a way that it can see. */
static inline void *anomalyze_retain(void *object) { return swift_retain(object); }
#endif
