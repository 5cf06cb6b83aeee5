/* The bare static answer of libmicrohttpd: what /predict is measured against. Turned by its caller's thread as the
   server is, because the library's own threads stand still when exactly 128 connections are ready at once.
   cc -O2 static_server.c -lmicrohttpd -lpthread -o static_server; static_server PORT THREADS */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct MHD_Response *answer;

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **slot) {
  static int begun;
  (void)context, (void)url, (void)method, (void)version, (void)upload;
  if (*slot == NULL) {
    *slot = &begun;
    return MHD_YES;
  }
  if (*upload_size > 0) {
    *upload_size = 0;
    return MHD_YES;
  }
  return MHD_queue_response(connection, 200, answer);
}

static void *turn(void *argument) {
  struct MHD_Daemon *daemon = argument;
  struct pollfd waiting = {
      MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, POLLIN, 0};
  for (;;) {
    MHD_UNSIGNED_LONG_LONG milliseconds;
    if (MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections < 112) {
      MHD_run_wait(daemon, 1000);
      continue;
    }
    int limit = MHD_get_timeout(daemon, &milliseconds) == MHD_YES && milliseconds < 1000
                    ? (int)milliseconds : 1000;
    poll(&waiting, 1, limit);
    MHD_run(daemon);
  }
  return NULL;
}

int main(int count, char **words) {
  static char body[] =
      "{\"anomaly\":true,\"model_version\":\"v1\",\"version\":\"v1\",\"score\":17.38439045370054,"
      "\"probability\":1.0,\"expected_value\":20.509799136805555,\"lower\":19.648647137864078,"
      "\"upper\":21.37095113574703,\"explanation\":\"25.5 is 17.4 \xCF\x83 above the expected 20.5098\"}";
  int threads = count > 2 ? atoi(words[2]) : 1;
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(descriptor, (struct sockaddr *)&address, sizeof address) || listen(descriptor, 4096)) return 1;
  answer = MHD_create_response_from_buffer(strlen(body), body, MHD_RESPMEM_PERSISTENT);
  MHD_add_response_header(answer, "Content-Type", "application/json");
  for (int index = 0; index < threads; index++) {
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, handle, NULL, MHD_OPTION_LISTEN_SOCKET, descriptor,
        MHD_OPTION_CONNECTION_LIMIT, 10000, MHD_OPTION_END);
    pthread_t thread;
    if (daemon == NULL || pthread_create(&thread, NULL, turn, daemon)) return 1;
  }
  pause();
}
