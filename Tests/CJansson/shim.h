#ifndef ANOMALYZE_CJANSSON_SHIM_H
#define ANOMALYZE_CJANSSON_SHIM_H
#include <jansson.h>
/* Swift imports no macro with arguments, so reference counting and the type test get functions. */
static inline json_type anomalyze_json_type(const json_t *value) { return json_typeof(value); }
static inline void anomalyze_json_release(json_t *value) { json_decref(value); }
#endif
