/* Containers as OpenSSL makes and judges them: the foreign side of the CMS
 * tests. */
#ifndef TEST_ENVELOPE_FOREIGN_H
#define TEST_ENVELOPE_FOREIGN_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "envelope/cms.h"

/* A self-signed certificate for the key, with a subjectKeyIdentifier. */
X509 *foreign_certificate(EVP_PKEY *key, const EVP_MD *md);
/* CMS_sign; NULL content type = id-data. The caller frees ->ptr with free(). */
struct span foreign_sign(X509 *certificate, EVP_PKEY *key, const EVP_MD *md,
    unsigned flags, const char *content_type, struct span content);
/* Does CMS_verify accept it, with this certificate as the signer's and no path
 * checked? content gets what it read (free ->ptr). */
bool foreign_verifies(
    struct span bytes, struct span signer, struct span *content);
/* A file of test/vectors; free ->ptr. */
struct span foreign_vector(const char *name);

#endif
