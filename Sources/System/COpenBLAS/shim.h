#ifndef ANOMALYZE_COPENBLAS_SHIM_H
#define ANOMALYZE_COPENBLAS_SHIM_H
#include <cblas.h>
#endif
