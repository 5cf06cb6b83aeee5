#ifndef ANOMALYZE_CPROTOBUFC_SHIM_H
#define ANOMALYZE_CPROTOBUFC_SHIM_H
#include <protobuf-c/protobuf-c.h>
#endif
