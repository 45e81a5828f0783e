/*
 * A quick decoder for the keys of clients' certificates. libssl decodes each
 * certificate that a client sends, with its key, and OpenSSL 3.0 looks for a
 * provider's decoder each time and works the curve's constants out anew: for the
 * usual two certificates that is twice as much as the check of the client's
 * signature (doc/decisions/057).
 */
#ifndef HTTP_CLIENT_KEY_H
#define HTTP_CLIENT_KEY_H

/* From here on EC keys are read so in this process, with one copy of each curve's
 * constants. What is taken and what is refused is what libcrypto takes and refuses, but
 * that the curve must be P-256, P-384 or P-521, by name (RFC 5480 2.1.1). Once per
 * process, before the first key. */
void client_key_install(void);

#endif
