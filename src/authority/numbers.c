/*
 * The numbers of certificates (IP 2): no two of one issuer. New devices bring theirs; a
 * store from before they were kept gives its own up little by little, and what it has
 * twice is told and keeps nobody waiting (doc/decisions/076).
 */
#include "authority/authority.h"
#include "base/log.h"
#include "base/text.h"

#define TAKEN_A_SECOND 256

bool
number_holder(struct authority *a, const uint8_t issuer_name[HASH_SIZE],
    struct span certificate, struct device *out)
{
	uint8_t spki[HASH_SIZE];
	struct span number;

	return certificate_number(certificate, &number) &&
	    store_number_find(a->store, issuer_name, number, spki) &&
	    store_device_by_key(a->store, spki, out);
}

struct taking {
	struct authority *a;
	struct store_number_fill *fill;
	unsigned n;
	bool more;
	unsigned repeated;
	struct device first, holder; /* of these, and who has its number */
};

static void
repeated(
    struct taking *t, const struct store_device *d, const struct device *holder)
{
	if (t->repeated++ == 0) {
		t->first = d->device;
		t->holder = *holder;
	}
	t->fill->repeated++;
	(void)store_device_warn(t->a->store, d, reason_code(REASON_L08));
}

/* One alarm for all: of a maker who gave each certificate the same number there may be
 * a million. */
static void
tell_repeated(const struct taking *t)
{
	char issuer[HEX_SIZE(HASH_SIZE)];

	hex_encode(issuer, span_of(t->first.issuer_name_sha256, HASH_SIZE));
	log_alarm("number-repeated",
	    "devices=\"%u\" serial=\"%s\" other=\"%s\" "
	    "issuer-name-sha256=\"%s\"",
	    t->repeated, t->first.serial, t->holder.serial, issuer);
}

/* Devices of one serial are taken together: one goes on behind a serial. */
static bool
take_number(void *context, const struct store_device *d)
{
	struct taking *t = context;
	struct device holder;
	struct span number;

	if (t->n >= TAKEN_A_SECOND &&
	    strcmp(d->device.serial, t->fill->behind) != 0) {
		t->more = true;
		return false;
	}
	t->n++;
	memcpy(t->fill->behind, d->device.serial, sizeof(t->fill->behind));
	if (!certificate_number(d->certificate, &number) ||
	    store_number_add(t->a->store, &d->device, number))
		return true;
	if (number_holder(
		t->a, d->device.issuer_name_sha256, d->certificate, &holder) &&
	    memcmp(holder.spki_sha256, d->device.spki_sha256, HASH_SIZE) != 0)
		repeated(t, d, &holder);
	return true;
}

void
numbers_tick(struct authority *a)
{
	char reached[SERIAL_MAX + 1], behind[SERIAL_MAX + 1];
	struct store_number_fill fill;
	struct taking t = { .a = a, .fill = &fill };

	if (a->numbers_done || a->commit_failed)
		return;
	store_number_fill(a->store, &fill);
	a->numbers_done = fill.done;
	if (fill.done)
		return;
	memcpy(behind, fill.behind, sizeof(behind));
	(void)store_device_each(
	    a->store, behind, "", 0, take_number, &t, reached);
	if (t.repeated > 0)
		tell_repeated(&t);
	fill.done = !t.more;
	(void)store_number_filled(a->store, &fill);
}

void
numbers_status(struct authority *a, struct json_out *o)
{
	struct store_number_fill fill;

	store_number_fill(a->store, &fill);
	json_add_bool(o, "numbers-complete", fill.done);
	json_add_uint(o, "numbers-repeated", fill.repeated);
}
