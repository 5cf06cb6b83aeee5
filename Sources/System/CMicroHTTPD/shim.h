#ifndef ANOMALYZE_CMICROHTTPD_SHIM_H
#define ANOMALYZE_CMICROHTTPD_SHIM_H
#include <microhttpd.h>
#endif
