/*
 * What a stranger may cost us (MP 17): octets, connections and time. Every
 * deadline is for the whole step, never for the next octet, so that dripping
 * gains nothing. Tests bring their own, in milliseconds.
 */
#ifndef HTTP_BOUNDS_H
#define HTTP_BOUNDS_H

#include <stddef.h>

struct http_limits {
	unsigned handshake_ms; /* accept to the end of the TLS handshake */
	unsigned idle_ms;      /* without the first octet of a request */
	unsigned header_ms;    /* first octet to the end of the header */
	unsigned body_ms;      /* end of the header to the end of the body */
	unsigned answer_ms;    /* whole request to the checker's answer */
	unsigned reply_ms;     /* until the client has taken the reply */
	unsigned linger_ms;    /* behind the last reply, to let it be read */
	size_t linger_octets;  /* thrown away in that time */
	unsigned young_ms;    /* younger than this nobody is dropped for room */
	unsigned stop_ms;     /* for what is in flight when the program stops */
	unsigned connections; /* at one time */
};

/* The values of MP 17, and room for so many connections. */
void limits_default(struct http_limits *l, unsigned connections);

/*
 * Lets this process have a descriptor for each connection and some for
 * itself, and lowers l->connections where the system does not allow so many.
 */
void limits_apply(struct http_limits *l);

#endif
