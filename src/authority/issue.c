/*
 * hallmark issue csr (IP 5.5). The serial comes from the slot of the issuing
 * CA, or from the order, never from the CSR. It is reserved, and the
 * reservation committed, before the signer is asked; a reservation
 * whose certificate got lost is used again for the same key, or burnt.
 */
#include "authority/authority.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "model/serial.h"

/* The issuing CA of a product, whatever serial it will give. */
static const struct key_entry *
key_for_product(const struct authority *a, const char *product)
{
	struct key_use use = { SIGNED_IDEVID, product, NULL };

	return key_for(a, &use);
}

static enum reason
read_order(struct authority *a, const struct message_admin *m,
    struct product *product, struct why *why)
{
	char name[PRODUCT_NAME_MAX + 1];
	enum reason r = admin_text(m, "product", name, sizeof(name), true, why);

	if (r != REASON_OK)
		return r;
	if (!store_product_find(a->store, name, product))
		return why_set(why, REASON_PRODUCT_UNKNOWN, -1, "%s", name);
	if (product->import_only)
		return why_set(why, REASON_PRODUCT_SYNTAX, -1,
		    "%s is in import mode: its devices come certified", name);
	if (key_for_product(a, name) == NULL)
		return why_set(why, REASON_CA_UNKNOWN, -1, "%s", name);
	if (admin_argument(m, "csr").len == 0)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "csr is "
		    "missing");
	return REASON_OK;
}

void
issue_csr(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	struct message_inspect inspect = { .kind = INSPECT_CSR,
		.bytes = admin_argument(m, "csr"),
		.other = span_of(NULL, 0) };
	struct product product;
	struct pending *p;
	struct why why;
	enum reason r = read_order(a, m, &product, &why);

	if (r != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	if ((p = admin_pending(a, STAGE_INSPECT, from, m)) == NULL)
		return;
	p->product = product;
	inspect_ask(a, p, &inspect);
}

/* --- the serial --- */

/* One that the order names must be of our slot, and never used. */
static enum reason
serial_ordered(struct authority *a, struct pending *p, const char *serial,
    struct store_serial *out, struct why *why)
{
	struct store_serial known;
	enum reason r = serial_parse(
	    span_str(serial), &p->product, out->slot, &out->counter, why);

	if (r != REASON_OK)
		return r;
	if (store_serial_find(a->store, serial, &known))
		return why_set(why, REASON_SERIAL_USED, -1, "%s", serial);
	memcpy(out->serial, serial, strlen(serial) + 1);
	return REASON_OK;
}

/* The key has a serial already: reserved, when a certificate did not arrive. */
static bool
serial_kept(struct authority *a, struct pending *p,
    const struct store_serial *known, const char *ordered,
    const struct store_serial *wanted)
{
	if (known->state != SERIAL_RESERVED ||
	    strcmp(known->slot, wanted->slot) != 0 ||
	    strcmp(known->product, p->product.name) != 0 ||
	    (ordered[0] != '\0' && strcmp(ordered, known->serial) != 0))
		return false;
	return device_holder(a, known->serial) == NULL;
}

/* Which serial this unit is to have; *fresh if it has to be reserved. */
static enum reason
serial_choose(struct authority *a, struct pending *p,
    const struct key_entry *ca, struct store_serial *out, bool *fresh,
    struct why *why)
{
	char ordered[SERIAL_MAX + 1];
	const struct ledger_key *issuing;
	struct message_admin m;
	struct store_serial known;
	enum reason r;

	admin_again(p, &m);
	r = admin_text(&m, "serial", ordered, sizeof(ordered), false, why);
	if (r != REASON_OK)
		return r;
	memcpy(out->slot, ca->slot, sizeof(out->slot));
	memcpy(out->product, p->product.name, sizeof(out->product));
	out->state = SERIAL_RESERVED;
	*fresh = true;
	if (store_serial_by_key(a->store, out->spki_sha256, &known)) {
		if (!serial_kept(a, p, &known, ordered, out))
			return why_set(why, REASON_KEY_DUPLICATE, -1,
			    "it is the key of %s", known.serial);
		*out = known;
		*fresh = false;
		return REASON_OK;
	}
	if (ordered[0] != '\0')
		return serial_ordered(a, p, ordered, out, why);
	/* After a restore the ledger may know of more than the store. */
	out->counter = store_serial_next(a->store, ca->slot);
	issuing = ledger_key_find(&a->ledger, ca->name);
	if (issuing != NULL && out->counter <= issuing->last_counter)
		out->counter = issuing->last_counter + 1;
	return serial_format(
	    out->serial, &p->product, ca->slot, out->counter, why);
}

/* --- asking the signer --- */

static void
ask(struct authority *a, struct pending *p, bool good)
{
	struct peer *signer = signer_peer(a);
	struct idevid_order o = { .counter = p->reserved.counter,
		.counter_width = p->product.counter_width,
		.check_character = p->product.check_character,
		.key_usage = p->product.key_usage,
		.spki = buf_span(&p->spki) };

	if (!good) {
		admin_fail(a, p, REASON_STORE_FAILED, NULL);
		return;
	}
	p->stage = STAGE_IDEVID;
	memcpy(o.key, p->key, sizeof(o.key));
	memcpy(o.product, p->product.name, sizeof(o.product));
	memcpy(o.token, p->product.token, sizeof(o.token));
	memcpy(o.masa_url, p->product.masa_url, sizeof(o.masa_url));
	memcpy(o.serial, p->reserved.serial, sizeof(o.serial));
	memcpy(o.request_sha256, p->reserved.csr_sha256, HASH_SIZE);
	signer_sent(a, p,
	    a->synced && signer != NULL &&
		PEER_SEND(
		    signer, SIGN_IDEVID, pending_id(p), idevid_order, &o));
}

/* Reserves, and asks when that is on disk. Serial and key are held meanwhile,
 * so that a second order for them is refused. */
static void
reserve(struct authority *a, struct pending *p, const struct store_serial *s,
    bool fresh)
{
	struct why why;

	p->reserved = *s;
	memcpy(p->serial, s->serial, sizeof(p->serial));
	device_hold_serial(a, p);
	if (!fresh) {
		ask(a, p, true);
		return;
	}
	if (!store_serial_add(a->store, s)) {
		why_set(&why, REASON_SERIAL_USED, -1, "%s", s->serial);
		admin_fail(a, p, REASON_SERIAL_USED, &why);
		return;
	}
	wait_for_commit(a, p, ask);
}

void
issue_inspected(
    struct authority *a, struct pending *p, const struct csr_facts *f)
{
	const struct key_entry *ca = key_for_product(a, p->product.name);
	struct store_serial s = { 0 };
	struct device other;
	struct why why;
	bool fresh = false;
	enum reason r = REASON_OK;

	memcpy(s.csr_sha256, f->csr_sha256, HASH_SIZE);
	memcpy(s.spki_sha256, f->spki_sha256, HASH_SIZE);
	if (ca == NULL)
		r = why_set(&why, REASON_CA_UNKNOWN, -1, "%s", p->product.name);
	else if (store_device_by_key(a->store, f->spki_sha256, &other))
		r = why_set(&why, REASON_KEY_DUPLICATE, -1,
		    "it is the key of %s", other.serial);
	else
		r = serial_choose(a, p, ca, &s, &fresh, &why);
	if (r == REASON_OK && f->serial[0] != '\0' &&
	    strcmp(f->serial, s.serial) != 0)
		r = why_set(&why, REASON_SERIAL_MISMATCH, -1,
		    "the request names %s, this unit gets %s", f->serial,
		    s.serial);
	if (r != REASON_OK) {
		admin_fail(a, p, r, &why);
		return;
	}
	memcpy(p->key, ca->name, sizeof(p->key));
	if (!buf_add(&p->spki, f->spki))
		fatal("a public key is too long");
	reserve(a, p, &s, fresh);
}

/* --- the certificate --- */

static void
put_issued(struct authority *a, struct answer *d, const struct pending *p,
    struct span certificate)
{
	static char room[ADMIN_BLOB_MAX];
	struct json_out o;
	struct span json;

	json_out_open(&o, room, sizeof(room));
	json_begin_object(&o);
	json_put_name(&o, "serial");
	json_put_text(&o, p->reserved.serial);
	json_put_name(&o, "product");
	json_put_text(&o, p->product.name);
	json_put_name(&o, "certificate");
	json_put_base64(&o, certificate);
	put_chain(a, &o, p->key);
	json_end_object(&o);
	if (json_out_span(&o, &json) != WIRE_OK || !buf_add(&d->body, json) ||
	    !buf_add(&d->blob, certificate))
		fatal("a certificate does not fit its answer");
}

/* The signer has gone past this counter (an IDevID was lost behind a crash, or
 * the store is from a backup): it is burnt, and the unit gets the next one. */
static bool
burn_and_retry(struct authority *a, struct pending *p)
{
	const struct key_entry *ca = key_by_name(a, p->key);
	struct store_serial s = p->reserved;
	struct message_admin m;
	struct why why;
	char name[SERIAL_MAX + 1];

	(void)store_serial_set(a->store, p->reserved.serial, SERIAL_BURNT);
	log_warning("serial-burnt", "serial=\"%s\"", p->reserved.serial);
	admin_again(p, &m);
	if (p->retried || ca == NULL || admin_argument(&m, "serial").len > 0)
		return false;
	p->retried = true;
	s.counter = store_serial_next(a->store, ca->slot);
	if (serial_format(name, &p->product, ca->slot, s.counter, &why) !=
	    REASON_OK)
		return false;
	memcpy(s.serial, name, sizeof(s.serial));
	if (!store_serial_add(a->store, &s))
		return false;
	p->reserved = s;
	wait_for_commit(a, p, ask);
	return true;
}

static bool
record_device(struct authority *a, const struct pending *p,
    const struct message_signed *m)
{
	struct store_device d = { .device = m->device,
		.certificate = m->artifact,
		.added = clock_now() };

	memcpy(d.ca, p->key, sizeof(d.ca));
	return store_device_add(a->store, &d) &&
	    store_serial_set(a->store, p->reserved.serial, SERIAL_ISSUED);
}

void
issue_signed(
    struct authority *a, struct pending *p, const struct message_signed *m)
{
	enum reason r = m->reason;
	struct why why;

	if (r == REASON_SERIAL_USED && burn_and_retry(a, p))
		return;
	why_set(&why, r, -1, "%s", m->text);
	if (r == REASON_OK && !record_device(a, p, m))
		r = why_set(&why, REASON_KEY_DUPLICATE, -1,
		    "serial or key came in between");
	if (r != REASON_OK) {
		admin_fail(a, p, r, &why);
		return;
	}
	log_note("issued", "serial=\"%s\" product=\"%s\" sequence=\"%llu\"",
	    p->reserved.serial, p->product.name,
	    (unsigned long long)m->sequence);
	put_issued(a, answer_later(a, p), p, m->artifact);
}
