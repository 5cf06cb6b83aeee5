#ifndef ANOMALYZE_CPOSTGRESQL_SHIM_H
#define ANOMALYZE_CPOSTGRESQL_SHIM_H
#include <dlfcn.h>

/* libpq brings thirty libraries with it, which only those should load who name a PostgreSQL server. So its functions are
   found when the first of them is called: its header declares them under other names, and these wrappers take theirs. */
#define PQcancel anomalyze_declared_PQcancel
#define PQclear anomalyze_declared_PQclear
#define PQcmdTuples anomalyze_declared_PQcmdTuples
#define PQconnectPoll anomalyze_declared_PQconnectPoll
#define PQconnectStartParams anomalyze_declared_PQconnectStartParams
#define PQconnectionNeedsPassword anomalyze_declared_PQconnectionNeedsPassword
#define PQconninfoFree anomalyze_declared_PQconninfoFree
#define PQconninfoParse anomalyze_declared_PQconninfoParse
#define PQdescribePrepared anomalyze_declared_PQdescribePrepared
#define PQerrorMessage anomalyze_declared_PQerrorMessage
#define PQexec anomalyze_declared_PQexec
#define PQexecParams anomalyze_declared_PQexecParams
#define PQfinish anomalyze_declared_PQfinish
#define PQfname anomalyze_declared_PQfname
#define PQfreeCancel anomalyze_declared_PQfreeCancel
#define PQfreemem anomalyze_declared_PQfreemem
#define PQftype anomalyze_declared_PQftype
#define PQgetCancel anomalyze_declared_PQgetCancel
#define PQgetCopyData anomalyze_declared_PQgetCopyData
#define PQgetResult anomalyze_declared_PQgetResult
#define PQgetisnull anomalyze_declared_PQgetisnull
#define PQgetvalue anomalyze_declared_PQgetvalue
#define PQnfields anomalyze_declared_PQnfields
#define PQntuples anomalyze_declared_PQntuples
#define PQparameterStatus anomalyze_declared_PQparameterStatus
#define PQprepare anomalyze_declared_PQprepare
#define PQputCopyData anomalyze_declared_PQputCopyData
#define PQputCopyEnd anomalyze_declared_PQputCopyEnd
#define PQresultErrorField anomalyze_declared_PQresultErrorField
#define PQresultStatus anomalyze_declared_PQresultStatus
#define PQserverVersion anomalyze_declared_PQserverVersion
#define PQsetClientEncoding anomalyze_declared_PQsetClientEncoding
#define PQsetErrorVerbosity anomalyze_declared_PQsetErrorVerbosity
#define PQsetNoticeProcessor anomalyze_declared_PQsetNoticeProcessor
#define PQsocket anomalyze_declared_PQsocket
#define PQstatus anomalyze_declared_PQstatus
#define PQtransactionStatus anomalyze_declared_PQtransactionStatus
#include <postgresql/libpq-fe.h>
#undef PQcancel
#undef PQclear
#undef PQcmdTuples
#undef PQconnectPoll
#undef PQconnectStartParams
#undef PQconnectionNeedsPassword
#undef PQconninfoFree
#undef PQconninfoParse
#undef PQdescribePrepared
#undef PQerrorMessage
#undef PQexec
#undef PQexecParams
#undef PQfinish
#undef PQfname
#undef PQfreeCancel
#undef PQfreemem
#undef PQftype
#undef PQgetCancel
#undef PQgetCopyData
#undef PQgetResult
#undef PQgetisnull
#undef PQgetvalue
#undef PQnfields
#undef PQntuples
#undef PQparameterStatus
#undef PQprepare
#undef PQputCopyData
#undef PQputCopyEnd
#undef PQresultErrorField
#undef PQresultStatus
#undef PQserverVersion
#undef PQsetClientEncoding
#undef PQsetErrorVerbosity
#undef PQsetNoticeProcessor
#undef PQsocket
#undef PQstatus
#undef PQtransactionStatus

/* The library, or NULL where it is not installed; then no other function here may be called. */
static inline void *anomalyze_postgresql_library(void) {
  static void *known;
  void *library = __atomic_load_n(&known, __ATOMIC_ACQUIRE);
  if (library == NULL) {
    library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    __atomic_store_n(&known, library, __ATOMIC_RELEASE);
  }
  return library;
}

#define ANOMALYZE_PQ(result, name, parameters, arguments)                                 \
  static inline result name parameters {                                                  \
    static void *known;                                                                   \
    void *found = __atomic_load_n(&known, __ATOMIC_ACQUIRE);                              \
    if (found == NULL) {                                                                  \
      found = dlsym(anomalyze_postgresql_library(), #name);                               \
      __atomic_store_n(&known, found, __ATOMIC_RELEASE);                                  \
    }                                                                                     \
    return ((__typeof__(&anomalyze_declared_##name))found)arguments;                      \
  }

ANOMALYZE_PQ(int, PQcancel,
    (PGcancel *cancel, char *errbuf, int errbufsize), (cancel, errbuf, errbufsize))
ANOMALYZE_PQ(void, PQclear, (PGresult *res), (res))
ANOMALYZE_PQ(char *, PQcmdTuples, (PGresult *res), (res))
ANOMALYZE_PQ(PostgresPollingStatusType, PQconnectPoll, (PGconn *conn), (conn))
ANOMALYZE_PQ(PGconn *, PQconnectStartParams,
    (const char *const *keywords, const char *const *values, int expand_dbname), (keywords,
    values, expand_dbname))
ANOMALYZE_PQ(int, PQconnectionNeedsPassword, (const PGconn *conn), (conn))
ANOMALYZE_PQ(void, PQconninfoFree, (PQconninfoOption *connOptions), (connOptions))
ANOMALYZE_PQ(PQconninfoOption *, PQconninfoParse,
    (const char *conninfo, char **errmsg), (conninfo, errmsg))
ANOMALYZE_PQ(PGresult *, PQdescribePrepared, (PGconn *conn, const char *stmt), (conn, stmt))
ANOMALYZE_PQ(char *, PQerrorMessage, (const PGconn *conn), (conn))
ANOMALYZE_PQ(PGresult *, PQexec, (PGconn *conn, const char *query), (conn, query))
ANOMALYZE_PQ(PGresult *, PQexecParams,
    (PGconn *conn, const char *command, int nParams, const Oid *paramTypes,
    const char *const *paramValues, const int *paramLengths, const int *paramFormats,
    int resultFormat), (conn, command, nParams, paramTypes, paramValues, paramLengths,
    paramFormats, resultFormat))
ANOMALYZE_PQ(void, PQfinish, (PGconn *conn), (conn))
ANOMALYZE_PQ(char *, PQfname, (const PGresult *res, int field_num), (res, field_num))
ANOMALYZE_PQ(void, PQfreeCancel, (PGcancel *cancel), (cancel))
ANOMALYZE_PQ(void, PQfreemem, (void *ptr), (ptr))
ANOMALYZE_PQ(Oid, PQftype, (const PGresult *res, int field_num), (res, field_num))
ANOMALYZE_PQ(PGcancel *, PQgetCancel, (PGconn *conn), (conn))
ANOMALYZE_PQ(int, PQgetCopyData, (PGconn *conn, char **buffer, int async), (conn, buffer, async))
ANOMALYZE_PQ(PGresult *, PQgetResult, (PGconn *conn), (conn))
ANOMALYZE_PQ(int, PQgetisnull,
    (const PGresult *res, int tup_num, int field_num), (res, tup_num, field_num))
ANOMALYZE_PQ(char *, PQgetvalue,
    (const PGresult *res, int tup_num, int field_num), (res, tup_num, field_num))
ANOMALYZE_PQ(int, PQnfields, (const PGresult *res), (res))
ANOMALYZE_PQ(int, PQntuples, (const PGresult *res), (res))
ANOMALYZE_PQ(const char *, PQparameterStatus,
    (const PGconn *conn, const char *paramName), (conn, paramName))
ANOMALYZE_PQ(PGresult *, PQprepare,
    (PGconn *conn, const char *stmtName, const char *query, int nParams, const Oid *paramTypes),
    (conn, stmtName, query, nParams, paramTypes))
ANOMALYZE_PQ(int, PQputCopyData,
    (PGconn *conn, const char *buffer, int nbytes), (conn, buffer, nbytes))
ANOMALYZE_PQ(int, PQputCopyEnd, (PGconn *conn, const char *errormsg), (conn, errormsg))
ANOMALYZE_PQ(char *, PQresultErrorField, (const PGresult *res, int fieldcode), (res, fieldcode))
ANOMALYZE_PQ(ExecStatusType, PQresultStatus, (const PGresult *res), (res))
ANOMALYZE_PQ(int, PQserverVersion, (const PGconn *conn), (conn))
ANOMALYZE_PQ(int, PQsetClientEncoding, (PGconn *conn, const char *encoding), (conn, encoding))
ANOMALYZE_PQ(PGVerbosity, PQsetErrorVerbosity,
    (PGconn *conn, PGVerbosity verbosity), (conn, verbosity))
ANOMALYZE_PQ(PQnoticeProcessor, PQsetNoticeProcessor,
    (PGconn *conn, PQnoticeProcessor proc, void *arg), (conn, proc, arg))
ANOMALYZE_PQ(int, PQsocket, (const PGconn *conn), (conn))
ANOMALYZE_PQ(ConnStatusType, PQstatus, (const PGconn *conn), (conn))
ANOMALYZE_PQ(PGTransactionStatusType, PQtransactionStatus, (const PGconn *conn), (conn))
#undef ANOMALYZE_PQ

// A compiler builtin, which Swift does not import: the cache line of `address` is wanted soon.
static inline void anomalyze_prefetch(const void *address) { __builtin_prefetch(address); }
#endif
