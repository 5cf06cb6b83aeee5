#ifndef ANOMALYZE_CPOSTGRESQL_SHIM_H
#define ANOMALYZE_CPOSTGRESQL_SHIM_H
#include <libpq-fe.h>
#endif
