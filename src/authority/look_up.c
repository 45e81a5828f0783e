/*
 * A checker asks which certificates are on record for a serial: a pledge's
 * request in COSE comes without one (R-9.7, doc/decisions/025). With them go the
 * domain CAs on file for whose chain asks, which an agent's domain may rest on (MP
 * 15.1, doc/decisions/041). The certificates go back as they are; this program reads
 * none.
 */
#include "authority/authority.h"
#include "base/fatal.h"
#include "base/log.h"

struct found {
	struct message_on_record m;
	uint8_t room[ON_RECORD_MAX][CERTIFICATE_MAX];
	bool more; /* than anybody can mean */
	struct authority *authority;
	uint8_t cas[DOMAIN_CAS_MAX][CERTIFICATE_MAX];
	uint8_t keys[DOMAIN_CAS_MAX][HASH_SIZE]; /* theirs */
	/* Of a history: what was on file at that moment, or all of it. */
	bool then;
	int64_t moment;
};

static bool
add(void *context, const struct store_device *d)
{
	struct found *f = context;
	size_t len = d->certificate.len;

	if (len == 0 || len > CERTIFICATE_MAX)
		return true;
	f->more = f->m.len == ON_RECORD_MAX;
	if (f->more)
		return false;
	memcpy(f->room[f->m.len], d->certificate.ptr, len);
	f->m.certificates[f->m.len] = span_of(f->room[f->m.len], len);
	f->m.len++;
	return true;
}

static bool
has_ca(const struct found *f, const uint8_t key[HASH_SIZE])
{
	unsigned i;

	for (i = 0; i < f->m.cas_len; i++)
		if (memcmp(f->keys[i], key, HASH_SIZE) == 0)
			return true;
	return false;
}

static bool
add_ca(void *context, const struct store_customer_certificate *c)
{
	struct span der = c->entry.certificate;
	struct found *f = context;

	if (c->kind != CUSTOMER_DOMAIN_CA || der.len > CERTIFICATE_MAX ||
	    has_ca(f, c->entry.spki_sha256))
		return true;
	memcpy(f->keys[f->m.cas_len], c->entry.spki_sha256, HASH_SIZE);
	memcpy(f->cas[f->m.cas_len], der.ptr, der.len);
	f->m.cas[f->m.cas_len] = span_of(f->cas[f->m.cas_len], der.len);
	return ++f->m.cas_len < DOMAIN_CAS_MAX;
}

static bool
is_wanted(const struct found *f, const struct store_customer_certificate *c)
{
	return !f->then ||
	    (c->since <= f->moment && (c->until == 0 || c->until >= f->moment));
}

static bool
add_past_ca(void *context, const struct store_customer_certificate *c)
{
	return !is_wanted(context, c) || add_ca(context, c);
}

static bool
add_of_whom(void *context, const struct store_customer_certificate *c)
{
	struct found *f = context;

	if (c->kind != CUSTOMER_EST_SERVER && is_wanted(f, c) &&
	    f->m.cas_len < DOMAIN_CAS_MAX)
		store_customer_certificate_history(
		    f->authority->store, c->customer, add_past_ca, f);
	return f->m.cas_len < DOMAIN_CAS_MAX;
}

static void
add_history(
    struct authority *a, const struct message_look_up *m, struct found *f)
{
	unsigned i;

	for (i = 0; i < m->chain_len; i++)
		store_customer_certificate_get(
		    a->store, m->chain[i], add_of_whom, f);
}

/* What is on file; for the re-check, whose voucher is of before, what was then, and
 * behind that, for what was filed in that very second, all that ever was. */
static void
add_cas(struct authority *a, const struct message_look_up *m, bool history,
    struct found *f)
{
	static struct request_facts facts;
	const struct customer *c;
	unsigned i;

	f->m.cas_len = 0;
	f->authority = a;
	f->moment = m->moment;
	if (history) {
		f->then = true;
		add_history(a, m, f);
		f->then = false;
		add_history(a, m, f);
		return;
	}
	facts.chain_len = m->chain_len;
	for (i = 0; i < m->chain_len; i++)
		memcpy(facts.chain[i].spki_sha256, m->chain[i], HASH_SIZE);
	if ((c = customer_of(a, &facts)) != NULL)
		store_customer_certificate_each(a->store, c->name, add_ca, f);
}

void
look_up_take(struct authority *a, struct peer *peer, const struct frame *frame)
{
	static struct found f;
	struct message_look_up m;
	struct cbor in;

	cbor_open(&in, frame->payload, true);
	if (!message_look_up_get(&in, &m))
		fatal("malformed LOOK_UP");
	a->look_ups++;
	f.m.len = 0;
	f.more = false;
	store_device_get(a->store, m.serial, add, &f);
	if (f.more)
		f.m.len = 0;
	add_cas(a, &m, peer_index(peer) == CHECKER_APART, &f);
	if (!PEER_SEND(peer, ON_RECORD, frame->id, on_record, &f.m))
		log_warning("answer-dropped", "kind=\"on-record\"");
}
