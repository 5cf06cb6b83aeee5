#ifndef ANOMALYZE_CCRYPTO_SHIM_H
#define ANOMALYZE_CCRYPTO_SHIM_H
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
/* Variadic functions and macros, which Swift does not import. */
static inline EVP_PKEY *anomalyze_generate_p256(void) { return EVP_EC_gen("P-256"); }
static inline long anomalyze_bio_contents(BIO *bio, char **start) { return BIO_get_mem_data(bio, start); }

/* Public keys of raw numbers, by OpenSSL 3's parameters, whose builders are too many calls for Swift. */
static inline EVP_PKEY *anomalyze_public_key(const char *type, OSSL_PARAM *parameters) {
  EVP_PKEY *key = NULL;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
  if (context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
      EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
    key = NULL;
  EVP_PKEY_CTX_free(context);
  return key;
}

static inline EVP_PKEY *anomalyze_rsa_public_key(
    const unsigned char *modulus, size_t modulus_length, const unsigned char *exponent,
    size_t exponent_length) {
  EVP_PKEY *key = NULL;
  BIGNUM *n = BN_bin2bn(modulus, (int)modulus_length, NULL);
  BIGNUM *e = BN_bin2bn(exponent, (int)exponent_length, NULL);
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
  if (n != NULL && e != NULL && builder != NULL && OSSL_PARAM_BLD_push_BN(builder, "n", n) &&
      OSSL_PARAM_BLD_push_BN(builder, "e", e)) {
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    if (parameters != NULL) key = anomalyze_public_key("RSA", parameters);
    OSSL_PARAM_free(parameters);
  }
  OSSL_PARAM_BLD_free(builder);
  BN_free(n);
  BN_free(e);
  return key;
}

static inline EVP_PKEY *anomalyze_p256_public_key(const unsigned char *point, size_t length) {
  EVP_PKEY *key = NULL;
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
  if (builder != NULL && OSSL_PARAM_BLD_push_utf8_string(builder, "group", "prime256v1", 0) &&
      OSSL_PARAM_BLD_push_octet_string(builder, "pub", point, length)) {
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    if (parameters != NULL) key = anomalyze_public_key("EC", parameters);
    OSSL_PARAM_free(parameters);
  }
  OSSL_PARAM_BLD_free(builder);
  return key;
}
#endif
