/*
 * hallmark ceremony record: the home learns of a ceremony by its
 * manifest, whose hash becomes a record. The bundle itself was verified by whoever
 * asks, and is verified again whenever it is counted on.
 */
#include <stdio.h>

#include "authority/authority.h"
#include "base/text.h"

void
ceremony_record(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	char manifest[HEX_SIZE(HASH_SIZE)], kind[16], subject[128];
	uint8_t hash[HASH_SIZE];
	struct pending *p;
	struct why why;
	size_t len;
	enum reason r =
	    admin_text(m, "manifest", manifest, sizeof(manifest), true, &why);

	if (r == REASON_OK)
		r = admin_text(m, "kind", kind, sizeof(kind), true, &why);
	if (r == REASON_OK &&
	    (!hex_decode(hash, sizeof(hash), &len, span_str(manifest)) ||
		len != sizeof(hash)))
		r = why_set(
		    &why, REASON_ADMIN_ARGUMENT, -1, "manifest: a SHA-256");
	if (r == REASON_OK && !a->test &&
	    span_is(admin_argument(m, "rehearsal"), "yes"))
		r = why_set(&why, REASON_ADMIN_ARGUMENT, -1,
		    "a rehearsal is no evidence but in a home for tests");
	if (r != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	snprintf(subject, sizeof(subject), "%s %s", manifest, kind);
	if ((p = admin_pending(a, STAGE_ACT, from, m)) != NULL)
		admin_act(a, p, from, m->verb, subject);
}
