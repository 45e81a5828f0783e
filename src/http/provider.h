/*
 * OpenSSL for the handshake, with few algorithms. For the key of a client's
 * certificate OpenSSL 3.0 asks every decoder that it has, and walks through
 * everything else that was ever fetched, which costs four times the check of the
 * client's signature.
 */
#ifndef HTTP_PROVIDER_H
#define HTTP_PROVIDER_H

#include <openssl/evp.h>
#include <openssl/pem.h>

/* Of the default provider what TLS 1.2 and 1.3 take in the suites that OpenSSL
 * has on by itself, and decoders of SubjectPublicKeyInfo only. One per process,
 * made at the first call; for SSL_CTX_new_ex(). */
OSSL_LIB_CTX *provider_lean(void);
/* The private key in a PEM text, in any form that OpenSSL reads; NULL with its
 * error queued. For contexts over provider_lean(), which cannot read it. */
EVP_PKEY *provider_key(BIO *pem, pem_password_cb *passphrase);

#endif
