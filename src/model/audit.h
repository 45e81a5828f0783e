/*
 * The audit log on the wire (RFC 8995 5.8.1, MP 14).
 */
#ifndef MODEL_AUDIT_H
#define MODEL_AUDIT_H

#include "model/names.h"

struct audit_event {
	int64_t date;
	uint8_t domain_id[KEY_ID_MAX];
	uint8_t domain_id_len;
	uint8_t pin_spki_sha256[HASH_SIZE]; /* what the domainID stands for */
	char nonce[NONCE_MAX + 1];	    /* empty = null */
	enum assertion assertion;
};

#define AUDIT_COUNTER_MAX 1024
/* Newest events of a device that are looked at: one, and as many duplicates as can be
 * counted. Whoever has one device can make as many as he likes, and ask for its log as
 * often as his budget allows. Older ones count as arbitrary. */
#define AUDIT_SEEN_MAX	  (AUDIT_COUNTER_MAX + 1)

/* How long a log that was made is kept, as it was, for whom it was made (MP 14.1). */
#define PREPARED_SECONDS 86400

/*
 * Writes the log of one device from its newest events, the oldest of them first, and
 * the number of those that are older still. Of
 * each domainID the newest nonced and the newest nonceless event stay, the rest is
 * counted; newest first on the wire. Two keys are two domains, even if one took the
 * other's identifier (MP 14.3): who did so must not vanish behind his victim. false if
 * over cap: then drops the oldest and counts them as arbitrary until it fits.
 */
bool audit_to_json(const struct audit_event *events, size_t count,
    uint64_t older, char *out, size_t cap, size_t *len);

#endif
