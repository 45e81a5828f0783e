/*
 * A quick decoder for the keys of clients' certificates. libssl decodes each
 * certificate that a client sends, with its key, and OpenSSL 3.0 looks for a
 * provider's decoder each time and works the curve's constants out anew: for the
 * usual two certificates that is twice as much as the check of the client's
 * signature (doc/decisions/057).
 */
#ifndef HTTP_CLIENT_KEY_H
#define HTTP_CLIENT_KEY_H

/* From here on libcrypto reads P-256 keys (named curve, uncompressed point) in
 * this process with one copy of the constants; what has another form goes the
 * usual way. Once per process. */
void client_key_install(void);

#endif
