#ifndef ANOMALYZE_CMICROHTTPD_SHIM_H
#define ANOMALYZE_CMICROHTTPD_SHIM_H
#include <microhttpd.h>
#include <string.h>
#include <sys/epoll.h>

/* Query and path reach the router as they were sent: the library's own decoding would cut a path at "%00". */
static size_t anomalyze_http_keep_escapes(void *cls, struct MHD_Connection *connection, char *text) {
  (void)cls;
  (void)connection;
  return strlen(text);
}

/* MHD_start_daemon takes a variable argument list, which Swift does not import. The caller turns the daemon.
   What the library calls strict refuses less than RequestHead does, and answers with its header written twice. */
static inline struct MHD_Daemon *anomalyze_http_start(
    int listening_socket, unsigned int connection_limit, size_t header_byte_limit,
    unsigned int idle_seconds, const char *certificate, const char *key,
    MHD_AccessHandlerCallback handle, MHD_RequestCompletedCallback completed,
    MHD_NotifyConnectionCallback connection_changed, void *context) {
  unsigned int flags = MHD_USE_EPOLL | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME;
  struct MHD_OptionItem security[] = {
      {key == NULL ? MHD_OPTION_END : MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)key},
      {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)certificate},
      {MHD_OPTION_END, 0, NULL}};
  if (key != NULL) flags |= MHD_USE_TLS;
  return MHD_start_daemon(
      flags, 0, NULL, NULL, handle, context, MHD_OPTION_LISTEN_SOCKET, listening_socket,
      MHD_OPTION_CONNECTION_LIMIT, connection_limit, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      header_byte_limit, MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds, MHD_OPTION_STRICT_FOR_CLIENT,
      -1, MHD_OPTION_UNESCAPE_CALLBACK, anomalyze_http_keep_escapes, NULL,
      MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_NOTIFY_CONNECTION,
      connection_changed, context, MHD_OPTION_ARRAY, security, MHD_OPTION_END);
}

static inline int anomalyze_http_epoll_descriptor(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
  return info == NULL ? -1 : info->epoll_fd;
}

/* Ends the library's own waiting when the descriptor can be read. It takes an event without a pointer for a signal to look up
   and does nothing else about it. Swift's module of the C library leaves epoll out. */
static inline int anomalyze_http_wake_by(int descriptor, struct MHD_Daemon *daemon) {
  struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = NULL}};
  return epoll_ctl(anomalyze_http_epoll_descriptor(daemon), EPOLL_CTL_ADD, descriptor, &event);
}

/* The address at the other end, or NULL. Its parts are taken apart in Swift: a header of the system included here would
   make this module the owner of its types. */
static inline const struct sockaddr *anomalyze_http_client_address(
    struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return info == NULL ? NULL : info->client_addr;
}

/* Swift imports a C union, but not the walk over its members through a pointer to const. */
static inline void *anomalyze_http_connection_context(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == NULL ? NULL : info->socket_context;
}

static inline int anomalyze_http_connection_socket(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == NULL ? -1 : info->connect_fd;
}

/* Header fields and query in one walk; Swift's closed enumerations cannot hold a set of kinds. */
static inline void anomalyze_http_each_value(
    struct MHD_Connection *connection, MHD_KeyValueIteratorN body, void *context) {
  (void)MHD_get_connection_values_n(
      connection, (enum MHD_ValueKind)(MHD_HEADER_KIND | MHD_GET_ARGUMENT_KIND), body, context);
}
#endif
