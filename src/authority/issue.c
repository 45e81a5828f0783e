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

/* CAs of a line that may reach their limit while one unit waits. */
#define TAKEOVERS_MAX 4

/* Now, and again when the key is known: an operator may have changed his mind. */
static enum reason
check_orderable(
    struct authority *a, const struct product *product, struct why *why)
{
	if (product->import_only)
		return why_set(why, REASON_PRODUCT_SYNTAX, -1,
		    "%s is in import mode: its devices come certified",
		    product->name);
	return line_check(a, product->name, why);
}

static enum reason
read_order(struct authority *a, const struct message_admin *m,
    struct product *product, struct why *why)
{
	char name[PRODUCT_NAME_MAX + 1], factory[FACTORY_NAME_MAX + 1];
	const struct key_entry *ca;
	bool ordered;
	enum reason r = admin_text(m, "product", name, sizeof(name), true, why);

	if (r != REASON_OK)
		return r;
	if (!store_product_find(a->store, name, product))
		return why_set(why, REASON_PRODUCT_UNKNOWN, -1, "%s", name);
	/* An order with what no program wrote would end the signer. */
	if ((r = product_check(product, why)) != REASON_OK)
		return r;
	if ((r = check_orderable(a, product, why)) != REASON_OK)
		return r;
	r = admin_text(m, "factory", factory, sizeof(factory), false, why);
	if (r != REASON_OK)
		return r;
	ordered = admin_argument(m, "serial").len > 0;
	if (product->scheme[0] != '\0' && !ordered)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "serial: the serials of %s come with the order", name);
	/* A slot that is named names the CA. */
	if ((product->scheme[0] != '\0' || !ordered) &&
	    (r = ca_pick(a, product, factory, &ca, why)) != REASON_OK)
		return r;
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

/* One that the order names must be of a slot of ours, whose CA signs it (IP 4),
 * and never used. */
static enum reason
serial_ordered(struct authority *a, struct pending *p, const char *serial,
    const struct key_entry **ca, struct store_serial *out, struct why *why)
{
	struct store_serial known;
	enum reason r =
	    ca_of_serial(a, serial, &p->product, ca, &out->counter, why);

	if (r != REASON_OK)
		return r;
	memcpy(out->slot, (*ca)->slot, sizeof(out->slot));
	if (store_serial_find(a->store, serial, "", &known))
		return why_set(why, REASON_SERIAL_USED, -1, "%s", serial);
	memcpy(out->serial, serial, strlen(serial) + 1);
	return REASON_OK;
}

/* The key has a serial already: reserved, when a certificate did not arrive. */
static bool
serial_kept(struct authority *a, struct pending *p,
    const struct store_serial *known, const char *ordered)
{
	if (known->state != SERIAL_RESERVED ||
	    strcmp(known->product, p->product.name) != 0 ||
	    (ordered[0] != '\0' && strcmp(ordered, known->serial) != 0))
		return false;
	return device_holder(a, known->serial) == NULL;
}

/* false if it is not reserved any more: it was issued. */
static bool
serial_burn(struct authority *a, const struct store_serial *s)
{
	if (!store_serial_set(a->store, s->serial, s->product, SERIAL_BURNT))
		return false;
	log_warning("serial-burnt", "serial=\"%s\"", s->serial);
	return true;
}

/* The next one of a slot. After a restore the ledger may know of more than the
 * store. */
static enum reason
serial_fresh(struct authority *a, const struct product *product,
    const struct key_entry *ca, struct store_serial *out, struct why *why)
{
	const struct ledger_key *issuing =
	    ledger_key_find(&a->ledger, ca->name);

	memcpy(out->slot, ca->slot, sizeof(out->slot));
	out->counter = store_serial_next(a->store, ca->slot);
	if (issuing != NULL && out->counter <= issuing->last_counter)
		out->counter = issuing->last_counter + 1;
	return serial_format(out->serial, product, ca->slot, out->counter, why);
}

/* Has it the form that the product's serials have today? Without devices width, check
 * character and token may change. */
static bool
serial_stands(const struct product *product, const struct store_serial *s)
{
	char now[SERIAL_MAX + 1];
	struct why why;

	return serial_format(now, product, s->slot, s->counter, &why) ==
	    REASON_OK &&
	    strcmp(now, s->serial) == 0;
}

/* Whoever asks again with the same key gets what was reserved for it, if there is a
 * CA that signs it. Where there is none it stays: a serial that is burnt for
 * nothing is lost, and each try would burn one. */
static bool
serial_again(struct authority *a, struct pending *p,
    const struct store_serial *known, const char *ordered, const char *factory,
    const struct key_entry **ca)
{
	if (p->product.scheme[0] != '\0') {
		*ca = ca_choose(a, &p->product, factory);
		return *ca != NULL;
	}
	*ca = ca_of_slot(a, known->slot);
	if (*ca != NULL &&
	    (ordered[0] != '\0' ||
		(serial_stands(&p->product, known) &&
		    (ca_may_sign(a, *ca, &p->product) ||
			*ca == ca_choose(a, &p->product, factory)))))
		return true;
	/* Its CA has ended meanwhile, or its form: the unit gets another one. */
	(void)serial_burn(a, known);
	return false;
}

/* Which serial this unit is to have, and from which CA; *fresh if it has to be
 * reserved. */
static enum reason
serial_choose(struct authority *a, struct pending *p,
    const struct key_entry **ca, struct store_serial *out, bool *fresh,
    struct why *why)
{
	char ordered[SERIAL_MAX + 1], factory[FACTORY_NAME_MAX + 1];
	struct message_admin m;
	struct store_serial known;
	enum reason r;

	admin_again(p, &m);
	r = admin_text(&m, "serial", ordered, sizeof(ordered), false, why);
	if (r == REASON_OK)
		r = admin_text(
		    &m, "factory", factory, sizeof(factory), false, why);
	if (r != REASON_OK)
		return r;
	memcpy(out->product, p->product.name, sizeof(out->product));
	out->state = SERIAL_RESERVED;
	if (store_serial_by_key(a->store, out->spki_sha256, &known)) {
		if (!serial_kept(a, p, &known, ordered))
			return why_set(why, REASON_KEY_DUPLICATE, -1,
			    "it is the key of %s", known.serial);
		*fresh = false;
		if (serial_again(a, p, &known, ordered, factory, ca)) {
			*out = known;
			return REASON_OK;
		}
	}
	*fresh = true;
	if (p->product.scheme[0] != '\0')
		return existing_choose(
		    a, &p->product, ordered, factory, ca, out, why);
	if (ordered[0] != '\0')
		return serial_ordered(a, p, ordered, ca, out, why);
	if ((r = ca_pick(a, &p->product, factory, ca, why)) != REASON_OK)
		return r;
	return serial_fresh(a, &p->product, *ca, out, why);
}

/* --- asking the signer --- */

/* The product as it is now, which an operator may have changed since the order came:
 * the signer goes by the last act (doc/decisions/075). false if its IDevIDs show what
 * they did, or it can be ordered no more. */
static bool
product_again(struct authority *a, struct pending *p)
{
	uint8_t before[HASH_SIZE], after[HASH_SIZE];
	struct product now;
	struct why why;

	if (!store_product_find(a->store, p->product.name, &now) ||
	    product_check(&now, &why) != REASON_OK)
		return false;
	profile_hash(&p->product, before);
	profile_hash(&now, after);
	p->product = now;
	return memcmp(before, after, HASH_SIZE) != 0;
}

static void
ask(struct authority *a, struct pending *p, bool good)
{
	struct peer *signer = signer_peer(a);
	struct idevid_order o = { .counter = p->reserved.counter,
		.counter_width = p->product.counter_width,
		.check_character = p->product.check_character,
		.profile = p->product.profile,
		.spki = buf_span(&p->spki) };

	if (!good) {
		admin_fail(a, p, REASON_STORE_FAILED, NULL);
		return;
	}
	p->stage = STAGE_IDEVID;
	memcpy(o.key, p->key, sizeof(o.key));
	memcpy(o.product, p->product.name, sizeof(o.product));
	memcpy(o.token, p->product.token, sizeof(o.token));
	memcpy(o.scheme, p->product.scheme, sizeof(o.scheme));
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
	const struct key_entry *ca = NULL;
	struct store_serial s = { 0 };
	struct device other;
	struct why why;
	bool fresh = false;
	enum reason r = REASON_OK;

	(void)product_again(a, p);
	memcpy(s.csr_sha256, f->csr_sha256, HASH_SIZE);
	memcpy(s.spki_sha256, f->spki_sha256, HASH_SIZE);
	if ((r = check_orderable(a, &p->product, &why)) != REASON_OK)
		; /* since it was asked about */
	else if (store_device_by_key(a->store, f->spki_sha256, &other))
		r = why_set(&why, REASON_KEY_DUPLICATE, -1,
		    "it is the key of %s", other.serial);
	else
		r = serial_choose(a, p, &ca, &s, &fresh, &why);
	if (r == REASON_OK && f->serial[0] != '\0' &&
	    strcmp(f->serial, s.serial) != 0)
		r = why_set(&why, REASON_SERIAL_MISMATCH, -1,
		    "the request names %s, this unit gets %s", f->serial,
		    s.serial);
	if (r == REASON_OK && !f->rsa &&
	    p->product.profile.key_usage == IDEVID_USAGE_ENCIPHER)
		r = why_set(&why, REASON_KEY_WEAK, -1,
		    "devices of %s encipher keys, which takes an RSA key",
		    p->product.name);
	if (r == REASON_KEY_DUPLICATE && line_see(a, p, f))
		return;
	if (r != REASON_OK) {
		admin_fail(a, p, r, &why);
		return;
	}
	ca_turn(a, p, ca);
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
	json_add_text(&o, "serial", p->reserved.serial);
	json_add_text(&o, "product", p->product.name);
	json_add_base64(&o, "certificate", certificate);
	put_chain(a, &o, p->key);
	json_end_object(&o);
	if (json_out_span(&o, &json) != WIRE_OK || !buf_add(&d->body, json) ||
	    !buf_add(&d->blob, certificate))
		fatal("a certificate does not fit its answer");
}

static bool
is_ordered(const struct pending *p)
{
	struct message_admin m;

	admin_again(p, &m);
	return admin_argument(&m, "serial").len > 0;
}

/* Another serial for the same unit, in the group that burns the first one. It is the
 * one that is held now: else a second order for the key would find it free. */
static bool
reserve_other(
    struct authority *a, struct pending *p, const struct key_entry *ca)
{
	struct store_serial s = p->reserved;
	struct why why;

	if (serial_fresh(a, &p->product, ca, &s, &why) != REASON_OK ||
	    !store_serial_add(a->store, &s))
		return false;
	p->reserved = s;
	device_hold_other(a, p, s.serial);
	wait_for_commit(a, p, ask);
	return true;
}

/* The signer has gone past this counter (an IDevID was lost behind a crash, or
 * the store is from a backup): it is burnt, and the unit gets the next one. */
static bool
burn_and_retry(struct authority *a, struct pending *p)
{
	const struct key_entry *ca = key_by_name(a, p->key);

	if (!serial_burn(a, &p->reserved) || p->retried || ca == NULL ||
	    is_ordered(p))
		return false;
	p->retried = true;
	return reserve_other(a, p, ca);
}

/* Its limit came in between: the successor, or another CA of the line, issues
 * this unit, and the station sees nothing of it. */
static bool
take_over(struct authority *a, struct pending *p)
{
	char factory[FACTORY_NAME_MAX + 1];
	const struct key_entry *ca;
	struct message_admin m;
	struct why why;

	admin_again(p, &m);
	if (p->takeovers == TAKEOVERS_MAX ||
	    (is_ordered(p) && p->product.scheme[0] == '\0') ||
	    admin_text(&m, "factory", factory, sizeof(factory), false, &why) !=
		REASON_OK)
		return false;
	ca = ca_choose(a, &p->product, factory);
	if (ca == NULL || strcmp(ca->name, p->key) == 0 ||
	    !ca_may_sign(a, ca, &p->product))
		return false;
	p->takeovers++;
	log_note("ca-takeover", "from=\"%s\" to=\"%s\"", p->key, ca->name);
	ca_turn_back(a, p);
	ca_turn(a, p, ca);
	if (p->product.scheme[0] != '\0') {
		ask(a, p, true); /* the same serial: it has no slot */
		return true;
	}
	return serial_burn(a, &p->reserved) && reserve_other(a, p, ca);
}

static bool
record_device(struct authority *a, const struct pending *p,
    const struct message_signed *m)
{
	struct store_device d = { .device = m->device,
		.certificate = m->artifact,
		.added = clock_now() };

	memcpy(d.ca, p->key, sizeof(d.ca));
	(void)certificate_number(d.certificate, &d.number);
	return store_device_add(a->store, &d) &&
	    store_serial_set(a->store, p->reserved.serial, p->reserved.product,
		SERIAL_ISSUED);
}

/* The signer draws 120 bits and more: whose number is there already has a generator
 * that repeats itself, and nothing that it made can be trusted. */
static enum reason
what_clashed(
    struct authority *a, const struct message_signed *m, struct why *why)
{
	const struct device *d = &m->device;
	struct device other;

	if (!number_holder(a, d->issuer_name_sha256, m->artifact, &other))
		return why_set(why, REASON_KEY_DUPLICATE, -1,
		    "serial or key came in between");
	log_alarm("number-repeated",
	    "serial=\"%s\" other=\"%s\" sequence=\"%llu\"", d->serial,
	    other.serial, (unsigned long long)m->sequence);
	return why_set(why, REASON_L08, -1,
	    "the signer gave it the number of %s: its generator repeats itself",
	    other.serial);
}

void
issue_signed(
    struct authority *a, struct pending *p, const struct message_signed *m)
{
	enum reason r = m->reason;
	struct why why;

	if (r == REASON_SERIAL_USED && burn_and_retry(a, p))
		return;
	if ((r == REASON_SIGNER_COUNT || r == REASON_SIGNER_DATE ||
		r == REASON_SIGNER_KEY || r == REASON_KEY_OUT_OF_REACH) &&
	    take_over(a, p))
		return;
	/* Its act was before the order, its row was not; now that is there, too: the
	 * signer answers in the order in which it was asked. */
	if (r == REASON_SIGNER_POLICY && product_again(a, p)) {
		if (p->product.scheme[0] != '\0' || is_ordered(p) ||
		    serial_stands(&p->product, &p->reserved)) {
			ask(a, p, true);
			return;
		}
		if (burn_and_retry(a, p))
			return;
	}
	why_set(&why, r, -1, "%s", m->text);
	if (r == REASON_OK && !record_device(a, p, m))
		r = what_clashed(a, m, &why);
	if (r != REASON_OK) {
		ca_turn_back(a, p);
		admin_fail(a, p, r, &why);
		return;
	}
	log_note("issued",
	    "serial=\"%s\" product=\"%s\" user=\"%u\" sequence=\"%llu\"",
	    p->reserved.serial, p->product.name, p->origin.user,
	    (unsigned long long)m->sequence);
	put_issued(a, answer_later(a, p), p, m->artifact);
}
