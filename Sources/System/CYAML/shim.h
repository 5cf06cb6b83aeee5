#ifndef ANOMALYZE_CYAML_SHIM_H
#define ANOMALYZE_CYAML_SHIM_H
#include <yaml.h>
#endif
