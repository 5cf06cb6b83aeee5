#ifndef ANOMALYZE_CARCHIVE_SHIM_H
#define ANOMALYZE_CARCHIVE_SHIM_H
#include <archive.h>
#include <archive_entry.h>

// Macros with casts that Swift cannot import.
static inline unsigned int anomalyze_archive_regular_file(void) { return AE_IFREG; }
static inline unsigned int anomalyze_archive_folder(void) { return AE_IFDIR; }
#endif
