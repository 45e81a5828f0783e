/* Extensions of a certificate (RFC 5280 4.2), inside of x509/. */
#ifndef X509_EXTENSION_H
#define X509_EXTENSION_H

#include "x509/certificate.h"

struct der;

/* Takes the [3] Extensions; each OID at most once. CERTIFICATE_MALFORMED. */
MUST_USE enum reason extensions_read(
    struct der *d, struct certificate *out, struct why *why);

/* A TBSCertificate alone, before it is signed: like certificate_read, without
 * signature and outer algorithm. */
MUST_USE enum reason certificate_tbs_read(
    struct span tbs, struct certificate *out, struct why *why);

#endif
