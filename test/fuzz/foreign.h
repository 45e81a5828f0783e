/* OpenSSL's opinion on what our readers took. */
#ifndef TEST_FUZZ_FOREIGN_H
#define TEST_FUZZ_FOREIGN_H

#include "wire/span.h"

/* CMS of one signer, with this certificate (DER); attributed: the signature holds, dates
 * and purposes apart, which are ours to judge. The octets that it has; an input for
 * which that is not so is a finding. */
size_t openssl_verifies_cms(
    struct span bytes, struct span signer, bool attributed);

#endif
