/* hallmark device import: devices that another CA certified. */
#include "authority/authority.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"

void
device_import(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	struct message_inspect inspect = { .kind = INSPECT_IMPORT,
		.bytes = admin_argument(m, "certificate"),
		.other = admin_argument(m, "ca"),
		.policies = buf_span(&a->voucher_policies) };
	char name[PRODUCT_NAME_MAX + 1];
	struct product product;
	struct pending *p;
	struct why why;
	enum reason r =
	    admin_text(m, "product", name, sizeof(name), true, &why);

	if (r == REASON_OK && !store_product_find(a->store, name, &product))
		r = why_set(&why, REASON_PRODUCT_UNKNOWN, -1, "%s", name);
	else if (r == REASON_OK && !product.import_only)
		r = why_set(&why, REASON_PRODUCT_SYNTAX, -1,
		    "%s is not in import mode", name);
	else if (r == REASON_OK &&
	    (inspect.bytes.len == 0 || inspect.other.len == 0))
		r = why_set(&why, REASON_ADMIN_ARGUMENT, -1,
		    "certificate and ca must be given");
	if (r != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	if ((p = admin_pending(a, STAGE_INSPECT, from, m)) == NULL)
		return;
	p->product = product;
	inspect_ask(a, p, &inspect);
}

/* No second device with this key, nor with this serial from this issuer. */
static enum reason
check_free(struct authority *a, const char *product,
    const struct import_facts *f, struct why *why)
{
	struct device other;
	struct store_serial ours;
	enum reason r;

	if ((r = line_check(a, product, why)) != REASON_OK)
		return r;
	/* Anybody can sign with a key that a standard prints (IP 10). */
	if (!a->start.config.test && strstr(f->warnings, "L15") != NULL)
		return why_set(why, REASON_L15, -1,
		    "only a home made by init --test takes it");
	if (store_device_by_key(a->store, f->spki_sha256, &other))
		return why_set(why, REASON_KEY_DUPLICATE, -1,
		    "it is the key of %s", other.serial);
	if (number_holder(a, f->issuer_name_sha256, f->certificate, &other))
		return why_set(why, REASON_L08, -1,
		    "its number is that of %s, by the same issuer",
		    other.serial);
	if (store_serial_find(a->store, f->serial, "", &ours) &&
	    (ours.slot[0] != '\0' || strcmp(ours.product, product) == 0))
		return why_set(why, REASON_SERIAL_USED, -1,
		    "%s is a serial of our own", f->serial);
	if ((r = foreign_check(a, f->serial, why)) != REASON_OK)
		return r;
	return twin_check(a, f->serial, product, &f->issuer, false, why);
}

/* The same unit once more is no second one with its key. */
static bool
is_second(struct authority *a, struct pending *p, const struct import_facts *f)
{
	struct device other;
	const struct line_unit u = { .holder = other.serial,
		.serial = span_str(f->serial),
		.request_sha256 = f->certificate_sha256 };

	return store_device_by_key(a->store, f->spki_sha256, &other) &&
	    strcmp(f->serial, other.serial) != 0 && line_duplicate(a, p, &u);
}

void
import_inspected(
    struct authority *a, struct pending *p, const struct import_facts *f)
{
	struct peer *signer = signer_peer(a);
	struct device_order o = { 0 };
	struct device *d = &o.device;
	struct why why;
	enum reason r = check_free(a, p->product.name, f, &why);

	if (r == REASON_KEY_DUPLICATE && is_second(a, p, f))
		return;
	if (r != REASON_OK) {
		admin_fail(a, p, r, &why);
		return;
	}
	memcpy(d->serial, f->serial, sizeof(d->serial));
	memcpy(d->product, p->product.name, sizeof(d->product));
	d->issuer = f->issuer;
	memcpy(d->issuer_name_sha256, f->issuer_name_sha256, HASH_SIZE);
	memcpy(d->spki_sha256, f->spki_sha256, HASH_SIZE);
	memcpy(d->certificate_sha256, f->certificate_sha256, HASH_SIZE);
	d->state = DEVICE_ACTIVE;
	d->origin = ORIGIN_IMPORTED;
	memcpy(p->warnings, f->warnings, sizeof(p->warnings));
	if (!buf_add(&p->certificate, f->certificate))
		fatal("a certificate is too long");
	p->stage = STAGE_TAG;
	signer_sent(a, p,
	    signer != NULL &&
		PEER_SEND(signer, TAG_DEVICE, pending_id(p), device_order, &o));
}

static void
put_imported(struct answer *d, const struct pending *p, const char *serial)
{
	char room[1024];
	struct json_out o;
	struct span json;

	json_out_open(&o, room, sizeof(room));
	json_begin_object(&o);
	json_add_text(&o, "serial", serial);
	json_add_text(&o, "product", p->product.name);
	json_add_text(&o, "warnings", p->warnings);
	json_end_object(&o);
	if (json_out_span(&o, &json) != WIRE_OK || !buf_add(&d->body, json))
		fatal("an import does not fit its answer");
}

void
import_signed(
    struct authority *a, struct pending *p, const struct message_signed *m)
{
	struct store_device d = { .device = m->device,
		.certificate = buf_span(&p->certificate),
		.added = clock_now() };
	enum reason r = m->reason;
	struct why why;

	memcpy(d.warnings, p->warnings, sizeof(d.warnings));
	(void)certificate_number(d.certificate, &d.number);
	why_set(&why, r, -1, "%s", m->text);
	if (r == REASON_OK && !store_device_add(a->store, &d))
		r = why_set(&why, REASON_KEY_DUPLICATE, -1,
		    "serial, key or number came in between");
	if (r != REASON_OK)
		admin_fail(a, p, r, &why);
	else {
		log_note("imported",
		    "serial=\"%s\" product=\"%s\" user=\"%u\" "
		    "sequence=\"%llu\"",
		    m->device.serial, p->product.name, p->origin.user,
		    (unsigned long long)m->sequence);
		put_imported(answer_later(a, p), p, m->device.serial);
	}
}
