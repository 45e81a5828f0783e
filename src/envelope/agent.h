/*
 * What a registrar-agent signs for a pledge (PRM, MP 15.1): a General JWS of when it
 * did so and for which serial, by a key that it names.
 */
#ifndef ENVELOPE_AGENT_H
#define ENVELOPE_AGENT_H

#include "envelope/object.h"

struct agent_data {
	struct signed_object object;
	int64_t created_on;
	char serial[SERIAL_MAX + 1];
	bool wrapped; /* in a container, as PRM's examples are */
};

/* Decodes; nothing is verified yet. arena as of jws_read(), outlives *out.
 * AGENT_DATA. */
MUST_USE enum reason agent_data_read(struct span bytes, uint8_t *arena,
    size_t arena_len, struct agent_data *out, struct why *why);
/* Is it by the key of this certificate, which kid names (RFC 7515 4.1.4: base64 of
 * its key identifier)? AGENT_KEY_ID, AGENT_SIGNATURE. */
MUST_USE enum reason agent_data_verify(const struct agent_data *d,
    const struct certificate *agent, struct why *why);
/* The payload that is to be signed, its members alone. false if over cap. */
MUST_USE bool agent_data_print(
    const char *serial, int64_t created_on, char *out, size_t cap, size_t *len);

#endif
