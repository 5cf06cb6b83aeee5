#ifndef ANOMALYZE_CZLIB_SHIM_H
#define ANOMALYZE_CZLIB_SHIM_H
#include <zlib.h>
#endif
