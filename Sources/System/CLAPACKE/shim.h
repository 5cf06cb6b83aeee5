#ifndef ANOMALYZE_CLAPACKE_SHIM_H
#define ANOMALYZE_CLAPACKE_SHIM_H
#include <lapacke.h>
#endif
