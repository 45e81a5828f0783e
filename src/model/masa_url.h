/*
 * What an IDevID says of its MASA (RFC 8995 2.3.2, IP 5): one rule for products, for
 * what is signed, and for the linter.
 */
#ifndef MODEL_MASA_URL_H
#define MODEL_MASA_URL_H

#include "model/names.h"

/* HOST[:PORT], or a full https URI (IP 5: for diagnostics); at most MASA_URL_MAX
 * octets. A host is a DNS name or an IPv4 address. */
bool masa_url_valid(struct span text);
/* Of a valid one, can base-path of hallmark.ini be its path, where it has one? */
bool masa_url_servable(struct span text);
/* Whom a valid one asks, as names are compared: HOST[:PORT] in lower case, without
 * :443. false if it is none. */
bool masa_url_authority(struct span text, char out[MASA_URL_MAX + 1]);
/* Is a list all of such, with commas and any blanks between; or empty? */
bool masa_names_valid(const char *list);
/* Is this, as masa_url_authority() gives it, on the list? */
bool masa_name_listed(const char *list, const char *name);

#endif
