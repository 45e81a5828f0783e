/*
 * What an IDevID says of its MASA (RFC 8995 2.3.2, IP 5): one rule for products, for
 * what is signed, and for the linter.
 */
#ifndef MODEL_MASA_URL_H
#define MODEL_MASA_URL_H

#include "wire/span.h"

/* HOST[:PORT], or a full https URI (IP 5: for diagnostics); at most MASA_URL_MAX
 * octets. A host is a DNS name or an IPv4 address. */
bool masa_url_valid(struct span text);

#endif
