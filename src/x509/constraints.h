/*
 * What a CA says of the certificates below it, beside its path length: the names
 * that they may have (RFC 5280 4.2.1.10), and that all of them must assert policies
 * (4.2.1.11, 4.2.1.14).
 */
#ifndef X509_CONSTRAINTS_H
#define X509_CONSTRAINTS_H

#include "x509/certificate.h"

/* The work (signature_work()) of what is looked at in one chain: six certificates of
 * 700 octets need 60, and 50 names below 50 constraints 27 more. */
#define CONSTRAINTS_WORK_MAX 120

/*
 * Do the names in a chain, signer first, satisfy the constraints of all CAs above
 * them? The top's count, too; a self-issued CA's own name does not. OpenSSL compares
 * names, only where there are constraints, and sees nothing but subjects, alternative
 * names and constraints. What that costs grows with their octets, is added to
 * signature_work() and is bounded before it is done.
 *
 * Policies are as in RFC 5280 6.1: any policy will do, none is required at first, and
 * none is mapped to another. The top's own do not count, it is the anchor; what it
 * constrains does. REGISTRAR_PATH.
 */
MUST_USE enum reason constraints_check(
    const struct certificate *chain, unsigned len, struct why *why);

#endif
