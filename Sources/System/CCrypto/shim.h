#ifndef ANOMALYZE_CCRYPTO_SHIM_H
#define ANOMALYZE_CCRYPTO_SHIM_H
#include <openssl/evp.h>
#endif
