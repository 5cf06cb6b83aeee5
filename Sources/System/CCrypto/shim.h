#ifndef ANOMALYZE_CCRYPTO_SHIM_H
#define ANOMALYZE_CCRYPTO_SHIM_H
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
/* Variadic functions and macros, which Swift does not import. */
static inline EVP_PKEY *anomalyze_generate_p256(void) { return EVP_EC_gen("P-256"); }
static inline long anomalyze_bio_contents(BIO *bio, char **start) { return BIO_get_mem_data(bio, start); }
#endif
