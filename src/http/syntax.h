/* The small grammar that all HTTP fields share (RFC 9110 5.6). */
#ifndef HTTP_SYNTAX_H
#define HTTP_SYNTAX_H

#include "wire/span.h"

/* One or more token characters? */
bool syntax_token(struct span s);
/* Without blanks and tabs at either end. */
struct span syntax_trim(struct span s);
/* Equal, where the case of ASCII letters does not count? */
bool syntax_same(struct span s, const char *text);
bool syntax_begins(struct span s, const char *text);
/* Takes the next element, trimmed, off a comma-separated list; commas inside
 * quoted strings do not count, empty elements are passed over. false at the
 * end. */
bool syntax_next_item(struct span *list, struct span *item);
/* The same for the parts of one element that semicolons separate. */
bool syntax_next_part(struct span *element, struct span *part);
/* name=value with an optional pair of quotes around value, which may then hold
 * no backslash: none of ours does. false if it has another form. */
bool syntax_parameter(struct span part, struct span *name, struct span *value);

#endif
