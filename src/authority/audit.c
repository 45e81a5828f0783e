/* The audit log of a device, for those who owned it (RFC 8995 5.8, MP 14). */
#include <stdlib.h>

#include "authority/authority.h"

#define LOG_MAX 65536

/* Whose log: found by the bytes of an accepted request, or by the chain. */
struct owner {
	char serial[SERIAL_MAX + 1];
	struct issuer issuer;
};

static void
take_owner(void *context, const struct store_voucher *v)
{
	struct owner *o = context;

	memcpy(o->serial, v->serial, sizeof(o->serial));
	o->issuer = v->issuer;
}

/*
 * A requester is an owner, present or former, if a voucher of the device pins a
 * key of its verified chain. Keys are compared, not domainIDs: a subject key
 * identifier can be chosen freely (RFC 8995 11.2).
 */
static bool
owned(struct authority *a, const struct request_facts *f, struct owner *o)
{
	struct device devices[STORE_TWINS_MAX];
	unsigned i, j, n;

	n = store_device_find(a->store, f->serial, devices, STORE_TWINS_MAX);
	for (i = 0; i < n && i < STORE_TWINS_MAX; i++) {
		const struct device *d = &devices[i];

		if (f->issuer.kind == ISSUER_KEY_ID &&
		    (d->issuer.kind != ISSUER_KEY_ID ||
			d->issuer.len != f->issuer.len ||
			memcmp(d->issuer.bytes, f->issuer.bytes,
			    d->issuer.len) != 0))
			continue;
		if (f->issuer.kind == ISSUER_NAME &&
		    memcmp(d->issuer_name_sha256, f->issuer.bytes, HASH_SIZE) !=
			0)
			continue;
		for (j = 0; j < f->chain_len; j++) {
			if (!store_voucher_pinned(
				a->store, d, f->chain[j].spki_sha256))
				continue;
			memcpy(o->serial, d->serial, sizeof(o->serial));
			o->issuer = d->issuer;
			return true;
		}
	}
	return false;
}

static void
answer_log(struct authority *a, struct origin to, const struct owner *o)
{
	static char text[LOG_MAX];
	struct audit_event *events;
	size_t n, len;

	n = store_audit(a->store, o->serial, &o->issuer, &events);
	if (audit_to_json(events, n, text, sizeof(text), &len))
		answer_bytes(to, FORMAT_NONE, span_of(text, len));
	else
		answer_refusal(to, REASON_INTERNAL, NULL);
	free(events);
}

void
audit_take(
    struct authority *a, struct origin to, const struct message_decide *d)
{
	const struct request_facts *f = &d->facts;
	struct owner o;
	struct why why;

	/* MP 14.1: the very bytes of an accepted request open it at any later
	 * time, whatever has become of their certificates. */
	if (store_voucher_by_request(
		a->store, f->request_sha256, 0, take_owner, &o) ||
	    (f->refusal == REASON_OK && owned(a, f, &o))) {
		answer_log(a, to, &o);
		return;
	}
	why_clear(&why);
	/* No word that tells an unknown device from another owner's. */
	if (f->refusal == REASON_OK)
		decide_refuse(a, to, d, REASON_DEVICE_UNKNOWN, &why);
	else
		decide_refuse(a, to, d, f->refusal, &f->why);
}
