#ifndef ANOMALYZE_CCURL_SHIM_H
#define ANOMALYZE_CCURL_SHIM_H
#include <curl/curl.h>

/* curl_easy_setopt and curl_easy_getinfo take variable arguments and are macros besides; Swift imports neither. */
static inline CURLcode anomalyze_curl_set_number(CURL *handle, CURLoption option, long value) {
  return (curl_easy_setopt)(handle, option, value);
}
static inline CURLcode anomalyze_curl_set_size(CURL *handle, CURLoption option, curl_off_t value) {
  return (curl_easy_setopt)(handle, option, value);
}
static inline CURLcode anomalyze_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return (curl_easy_setopt)(handle, option, value);
}
static inline CURLcode anomalyze_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
  return (curl_easy_setopt)(handle, option, value);
}
static inline CURLcode anomalyze_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return (curl_easy_setopt)(handle, option, value);
}
typedef size_t (*anomalyze_curl_transfer)(char *bytes, size_t size, size_t count, void *context);
static inline CURLcode anomalyze_curl_set_transfer(
    CURL *handle, CURLoption option, anomalyze_curl_transfer value) {
  return (curl_easy_setopt)(handle, option, value);
}
static inline long anomalyze_curl_status(CURL *handle) {
  long status = 0;
  (curl_easy_getinfo)(handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}
static inline CURLcode anomalyze_curl_start(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }
#endif
