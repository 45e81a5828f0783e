/*
 * OpenSSL for the handshake, with few key decoders. OpenSSL 3.0 asks every
 * decoder that it has whether it might read the key of a client's certificate,
 * which costs four times the check of the client's signature.
 */
#ifndef HTTP_PROVIDER_H
#define HTTP_PROVIDER_H

#include <openssl/evp.h>
#include <openssl/pem.h>

/* Everything of the default provider, but decoders of SubjectPublicKeyInfo
 * only. One per process, made at the first call; for SSL_CTX_new_ex(). */
OSSL_LIB_CTX *provider_lean(void);
/* The private key in a PEM text, in any form that OpenSSL reads; NULL with its
 * error queued. For contexts over provider_lean(), which cannot read it. */
EVP_PKEY *provider_key(BIO *pem, pem_password_cb *passphrase);

#endif
