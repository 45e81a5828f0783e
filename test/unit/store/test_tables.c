/* The tables: what goes in comes out, and by an index. */
#include "fixture.h"

static void
put_devices(struct store *s, unsigned n)
{
	struct product p;
	unsigned i;

	product_defaults(&p);
	memcpy(p.name, "router-9", 9);
	assert_true(store_product_put(s, &p));
	for (i = 1; i <= n; i++) {
		struct store_device d = some_device(i);

		assert_true(store_device_add(s, &d));
	}
}

static void
products(void **state)
{
	struct fixture *f = *state;
	struct product p, q;

	product_defaults(&p);
	memcpy(p.name, "router-9", 9);
	memcpy(p.token, "AR9", 4);
	memcpy(p.masa_url, "masa.example.com", 17);
	p.pin = PIN_END_ENTITY;
	p.pin_kind = PIN_PUBK;
	p.x5bag = BAG_PROTECTED;
	p.formats = 57;
	p.audit_only = p.import_only = true;
	assert_true(store_product_put(f->store, &p));
	assert_true(store_product_find(f->store, "router-9", &q));
	assert_memory_equal(&p, &q, sizeof(p));
	p.emit_id_data = true;
	p.profile = (struct idevid_profile){ IDEVID_USAGE_ENCIPHER, true,
		"Acme", "Line 1", "X-9", "1.3.6.1.4.1.32473.7", true };
	p.x5bag = BAG_BOTH;
	p.pin_kind = PIN_UNKNOWN;
	p.legacy = LEGACY(LEGACY_UNATTRIBUTED) | LEGACY(LEGACY_LAYOUT_2019);
	p.audit_only = p.check_character = false;
	p.counter_width = 12;
	assert_true(store_product_put(f->store, &p));
	assert_true(store_product_find(f->store, "router-9", &q));
	assert_memory_equal(&p, &q, sizeof(p));
	assert_false(store_product_find(f->store, "router", &q));
	assert_true(committed(f->store));
}

static bool
take_warnings(void *context, const struct store_device *d)
{
	memcpy(context, d->warnings, sizeof(d->warnings));
	return true;
}

static void
warnings(void **state)
{
	struct fixture *f = *state;
	struct store_device d = some_device(3);
	char found[WARNINGS_SIZE];

	put_devices(f->store, 2);
	store_device_get(f->store, "U-00001", take_warnings, found);
	assert_string_equal(found, "");
	snprintf(d.warnings, sizeof(d.warnings), "L01 L04");
	assert_true(store_device_add(f->store, &d));
	store_device_get(f->store, "U-00003", take_warnings, found);
	assert_string_equal(found, "L01 L04");
	assert_true(committed(f->store));
}

static void
numbers(void **state)
{
	static const uint8_t seven[] = { 7 }, eight[] = { 8 };
	struct fixture *f = *state;
	struct store_device one = some_device(1), two = some_device(2),
			    again = some_device(1);
	uint8_t spki[HASH_SIZE];

	one.number = two.number = span_of(seven, 1);
	again.number = span_of(eight, 1);
	put_devices(f->store, 0);
	assert_true(store_device_add(f->store, &one));
	assert_false(store_device_add(f->store, &two));
	assert_true(store_number_find(
	    f->store, two.device.issuer_name_sha256, two.number, spki));
	assert_memory_equal(spki, one.device.spki_sha256, HASH_SIZE);
	/* What was refused for its key leaves its number free. */
	assert_false(store_device_add(f->store, &again));
	assert_false(store_number_find(
	    f->store, again.device.issuer_name_sha256, again.number, spki));
	two.device.issuer_name_sha256[0] ^= 1;
	assert_true(store_device_add(f->store, &two));
	assert_true(committed(f->store));
	assert_int_equal(store_count(f->store, TABLE_DEVICE), 2);
}

static void
twins(void **state)
{
	const struct store_ruling held = { .state = DEVICE_HELD };
	struct fixture *f = *state;
	struct store_device other = some_device(1);
	struct device found[3];

	put_devices(f->store, 2);
	memset(other.device.issuer.bytes, 0x99, 20);
	memset(other.device.spki_sha256, 0x98, HASH_SIZE);
	assert_true(store_device_add(f->store, &other));
	assert_int_equal(store_device_find(f->store, "U-00001", found, 3), 2);
	assert_int_equal(store_device_find(f->store, "U-00001", found, 1), 2);
	assert_int_equal(store_device_find(f->store, "U-00002", found, 3), 1);
	assert_int_equal(found[0].issuer.bytes[0], 0x11);
	assert_true(
	    store_device_by_key(f->store, other.device.spki_sha256, &found[0]));
	assert_int_equal(found[0].issuer.bytes[0], 0x99);
	/* Only the one that is meant is held. */
	assert_true(store_device_rule(f->store, &other.device, &held));
	assert_int_equal(store_device_find(f->store, "U-00001", found, 3), 2);
	assert_int_equal(
	    (found[0].state == DEVICE_HELD) + (found[1].state == DEVICE_HELD),
	    1);
	memset(other.device.issuer.bytes, 0x77, 20);
	assert_false(store_device_rule(f->store, &other.device, &held));
	assert_true(committed(f->store));
}

static bool
count_some(void *context, const struct store_device *d)
{
	unsigned *n = context;

	assert_int_equal(d->certificate.len, 11);
	assert_int_equal(d->added, 5);
	return ++*n < 3;
}

static void
lists(void **state)
{
	const struct store_ruling held = { .state = DEVICE_HELD };
	struct fixture *f = *state;
	struct store_device one = some_device(4);
	char reached[SERIAL_MAX + 1];
	unsigned n = 0;

	put_devices(f->store, 5);
	store_device_each(f->store, "", "", 0, count_some, &n, reached);
	assert_int_equal(n, 3);
	store_device_each(f->store, "U-00003", "", 0, count_some, &n, reached);
	assert_int_equal(n, 4); /* one more, then it said enough */
	n = 0;
	store_device_each(
	    f->store, "U-00004", "router-9", 0, count_some, &n, reached);
	assert_int_equal(n, 1);
	n = 0;
	store_device_each(f->store, "", "router-8", 0, count_some, &n, reached);
	assert_int_equal(n, 0);
	assert_true(store_device_rule(f->store, &one.device, &held));
	store_device_each(
	    f->store, "", "", DEVICE_HELD, count_some, &n, reached);
	assert_int_equal(n, 1);
	assert_true(committed(f->store));
}

/* Devices that the index gives and nobody asked for: after so many it is somebody
 * else's turn. Those of one serial stay together. */
static void
passed(void **state)
{
	struct fixture *f = *state;
	struct store_device d;
	char reached[SERIAL_MAX + 1], last[SERIAL_MAX + 1];
	unsigned i, n = 0;

	put_devices(f->store, 0);
	for (i = 1; i <= DEVICES_PASSED + 2; i++) {
		d = some_device(i);
		if (i <= DEVICES_PASSED)
			d.device.state = DEVICE_HELD;
		assert_true(store_device_add(f->store, &d));
	}
	d = some_device(DEVICES_PASSED);
	d.device.issuer.bytes[0]++;
	d.device.spki_sha256[HASH_SIZE - 1] = 1;
	assert_true(store_device_add(f->store, &d));
	assert_false(store_device_each(
	    f->store, "", "", DEVICE_ACTIVE, count_some, &n, reached));
	assert_int_equal(n, 1);
	assert_string_equal(reached, d.device.serial);
	assert_true(store_device_each(
	    f->store, reached, "", DEVICE_ACTIVE, count_some, &n, last));
	assert_string_not_equal(last, reached);
	assert_int_equal(n, 3);
	assert_true(committed(f->store));
}

static void
serials(void **state)
{
	struct fixture *f = *state;
	struct store_serial s = { .serial = "AR9-F1-0001-6",
		.product = "router-9",
		.slot = "F1",
		.counter = 1,
		.state = SERIAL_RESERVED },
			    got;

	memset(s.spki_sha256, 1, HASH_SIZE);
	memset(s.csr_sha256, 2, HASH_SIZE);
	assert_int_equal(store_serial_next(f->store, "F1"), 1);
	assert_true(store_serial_add(f->store, &s));
	assert_false(store_serial_add(f->store, &s));
	assert_int_equal(store_serial_next(f->store, "F1"), 2);
	assert_int_equal(store_serial_next(f->store, "F2"), 1);
	assert_true(store_serial_find(f->store, "AR9-F1-0001-6", "", &got));
	assert_memory_equal(&s, &got, sizeof(s));
	assert_true(store_serial_by_key(f->store, s.spki_sha256, &got));
	/* A key has one living serial; when that is burnt, another. */
	memcpy(s.serial, "AR9-F1-0002", 12);
	s.counter = 2;
	assert_false(store_serial_add(f->store, &s));
	assert_true(store_serial_set(
	    f->store, "AR9-F1-0001-6", s.product, SERIAL_BURNT));
	assert_false(store_serial_by_key(f->store, s.spki_sha256, &got));
	assert_true(store_serial_add(f->store, &s));
	assert_int_equal(store_serial_next(f->store, "F1"), 3);
	assert_true(committed(f->store));
}

/* Without a slot a serial is one for its product, with one it is one for all. */
static void
serials_of_products(void **state)
{
	struct fixture *f = *state;
	struct store_serial s = { .serial = "0042",
		.product = "lamp-1",
		.counter = 42,
		.state = SERIAL_RESERVED },
			    got;

	memset(s.spki_sha256, 1, HASH_SIZE);
	assert_true(store_serial_add(f->store, &s));
	memset(s.spki_sha256, 2, HASH_SIZE);
	assert_false(store_serial_add(f->store, &s));
	strcpy(s.product, "lamp-2");
	assert_true(store_serial_add(f->store, &s));
	assert_true(store_serial_find(f->store, "0042", "lamp-1", &got));
	assert_int_equal(got.spki_sha256[0], 1);
	assert_false(store_serial_find(f->store, "0042", "lamp-3", &got));
	assert_true(
	    store_serial_set(f->store, "0042", "lamp-2", SERIAL_ISSUED));
	/* What was issued is never burnt. */
	assert_false(
	    store_serial_set(f->store, "0042", "lamp-2", SERIAL_BURNT));
	assert_true(store_serial_find(f->store, "0042", "lamp-1", &got));
	assert_int_equal(got.state, SERIAL_RESERVED);
	memset(s.spki_sha256, 3, HASH_SIZE);
	strcpy(s.serial, "AR9-F1-0042");
	strcpy(s.slot, "F1");
	assert_true(store_serial_add(f->store, &s));
	memset(s.spki_sha256, 4, HASH_SIZE);
	strcpy(s.product, "lamp-1");
	assert_false(store_serial_add(f->store, &s));
	assert_true(committed(f->store));
}

static void
keep_voucher(void *context, const struct store_voucher *v)
{
	struct store_voucher *out = context;

	*out = *v;
	out->artifact.len = v->artifact.len;
}

static void
vouchers(void **state)
{
	struct fixture *f = *state;
	struct record r = voucher_record(1, "U-00001", "nonce-01");
	struct record other = voucher_record(1, "U-00002", "nonce-01");
	struct store_device d = some_device(1);
	struct store_voucher v;
	struct audit_event *events;
	uint64_t older;
	uint8_t client[HASH_SIZE], pin[HASH_SIZE];
	struct store_delivery delivery = { span_str("bytes"), client, "::1",
		"c", span_str("facts") };

	memset(client, 9, HASH_SIZE);
	memset(pin, 0x55, HASH_SIZE);
	assert_true(store_voucher_add(f->store, &r));
	assert_true(store_voucher_add(f->store, &r)); /* repeated: harmless */
	assert_false(store_voucher_add(f->store, &other));
	assert_int_equal(store_count(f->store, TABLE_VOUCHER), 1);
	assert_true(store_voucher_by_request(
	    f->store, r.request_sha256, 0, 10, keep_voucher, &v));
	assert_false(v.delivered);
	/* With its delivery only where nothing is. */
	assert_false(store_voucher_put(f->store, &r, &delivery));
	assert_false(store_voucher_deliver(
	    f->store, r.signer, 2, r.request_sha256, &delivery));
	/* Another request's record. */
	assert_false(
	    store_voucher_deliver(f->store, r.signer, 1, pin, &delivery));
	assert_true(store_voucher_deliver(
	    f->store, r.signer, 1, r.request_sha256, &delivery));
	assert_true(store_voucher_by_request(
	    f->store, r.request_sha256, 10, 10, keep_voucher, &v));
	assert_true(v.delivered);
	assert_int_equal(v.artifact.len, 5);
	assert_memory_equal(v.client_sha256, client, HASH_SIZE);
	/* Another client gets it as well: the row stays the first one's. */
	delivery.client = pin;
	assert_true(store_voucher_deliver(
	    f->store, r.signer, 1, r.request_sha256, &delivery));
	assert_true(store_voucher_by_request(
	    f->store, r.request_sha256, 10, 10, keep_voucher, &v));
	assert_memory_equal(v.client_sha256, client, HASH_SIZE);
	assert_false(store_voucher_by_request(
	    f->store, r.request_sha256, 11, INT64_MAX, keep_voucher, &v));
	assert_false(store_voucher_by_request(
	    f->store, r.request_sha256, 0, 9, keep_voucher, &v));
	assert_true(store_voucher_pinned(f->store, &d.device, pin));
	assert_false(store_voucher_pinned(f->store, &d.device, client));
	assert_int_equal(
	    store_audit(f->store, "U-00001", &d.device.issuer, &events, &older),
	    1);
	assert_string_equal(events[0].nonce, "nonce-01");
	assert_int_equal(events[0].domain_id_len, 20);
	free(events);
	d.device.issuer.bytes[0] ^= 1;
	assert_int_equal(
	    store_audit(f->store, "U-00001", &d.device.issuer, &events, &older),
	    0);
	free(events);
	assert_true(committed(f->store));
}

/* Of a device with many vouchers only the newest are read, oldest of them first, and
 * of the others no more than an index says: anybody with a device can make thousands,
 * and ask for its log many times a second. */
static void
long_log(void **state)
{
	struct fixture *f = *state;
	struct record r;
	struct store_device d = some_device(1);
	struct audit_event *events;
	uint64_t older;
	const unsigned many = 3 * AUDIT_COUNTER_MAX;
	char nonce[NONCE_MAX + 1];
	unsigned i;

	for (i = 1; i <= many; i++) {
		snprintf(nonce, sizeof(nonce), "nonce-%u", i);
		r = voucher_record(i, "U-00001", nonce);
		r.voucher.created_on = 1000 + i / 3;
		assert_true(store_voucher_add(f->store, &r));
		if (i == AUDIT_SEEN_MAX + 5) {
			(void)store_audit(f->store, "U-00001", &d.device.issuer,
			    &events, &older);
			assert_int_equal(older, 5);
			free(events);
		}
	}
	spy_rows = 0;
	assert_int_equal(
	    store_audit(f->store, "U-00001", &d.device.issuer, &events, &older),
	    AUDIT_SEEN_MAX);
	assert_true(spy_rows <= 2 * AUDIT_COUNTER_MAX + 1);
	assert_int_equal(older, AUDIT_COUNTER_MAX);
	assert_string_equal(events[0].nonce, "nonce-2048");
	assert_string_equal(events[AUDIT_SEEN_MAX - 1].nonce, nonce);
	free(events);
	assert_true(committed(f->store));
}

static void
journal(void **state)
{
	struct fixture *f = *state;
	struct record r = voucher_record(1, "U-00001", "n");
	struct store_head head;
	uint8_t hash[HASH_SIZE];

	store_journal_head(f->store, &head);
	assert_true(head.empty);
	assert_true(store_journal_add(f->store, &r, span_str("one")));
	assert_true(store_journal_add(f->store, &r, span_str("one")));
	/* Another history is not taken over. */
	assert_false(store_journal_add(f->store, &r, span_str("two")));
	r.sequence = 2;
	assert_true(store_journal_add(f->store, &r, span_str("two")));
	store_journal_head(f->store, &head);
	assert_int_equal(head.sequence, 2);
	record_hash(span_str("two"), hash);
	assert_memory_equal(head.sha256, hash, HASH_SIZE);
	assert_memory_equal(head.signer, r.signer, 16);
	assert_true(committed(f->store));
}

static void
keep_ca(void *context, const struct store_ca *ca)
{
	struct store_ca *out = context;

	*out = *ca;
	if (ca->chain_len == 2)
		assert_true(span_is(ca->chain[1], "root"));
}

static void
keys(void **state)
{
	struct fixture *f = *state;
	struct record r = { .sequence = 1, .time = 77, .kind = RECORD_KEY };
	struct span chain[2] = { span_str("own"), span_str("root") };
	struct record_ca active = { .name = "issuing-1",
		.key_id = { 1, 2 },
		.key_id_len = 2,
		.not_after = 99 };
	struct store_ca got = { 0 };

	r.key.order = (struct key_order){ .purpose = PURPOSE_IDEVID_CA,
		.name = "issuing-1",
		.slot = "F1",
		.policy = { .kinds = SIGNED_IDEVID } };
	assert_true(store_ca_add(f->store, &r));
	assert_true(store_ca_add(f->store, &r)); /* repeated */
	assert_false(store_ca_chain(f->store, "issuing-2", chain, 2));
	assert_true(store_ca_chain(f->store, "issuing-1", chain, 2));
	store_ca_each(f->store, keep_ca, &got);
	assert_int_equal(got.state, 1);
	assert_true(store_ca_activate(f->store, &active));
	assert_false(store_ca_chain(f->store, "issuing-1", chain, 1));
	store_ca_each(f->store, keep_ca, &got);
	assert_int_equal(got.state, 2);
	assert_int_equal(got.chain_len, 2);
	assert_int_equal(got.created, 77);
	assert_int_equal(got.not_after, 99);
	assert_int_equal(got.key_id_len, 2);
	assert_true(store_ca_end(f->store, "issuing-1", KEY_RETIRED));
	store_ca_each(f->store, keep_ca, &got);
	assert_int_equal(got.state, 3);
	r.key.order.slot[0] = '\0';
	strcpy(r.key.order.name, "another");
	assert_true(store_ca_add(f->store, &r));
	spy_rows = 0;
	store_ca_find(f->store, "issuing-1", keep_ca, &got);
	assert_int_equal(spy_rows, 1);
	assert_string_equal(got.name, "issuing-1");
	store_ca_find(f->store, "issuing-2", keep_ca, &got);
	assert_int_equal(spy_rows, 1);
	assert_true(committed(f->store));
}

static void
add_name(void *context, const struct store_ca *ca)
{
	char *names = context;

	strcat(strcat(names, ca->name), " ");
}

/* The oldest first; those of one second by name, in whatever order they came. */
static void
keys_are_in_order(void **state)
{
	static const char *const names[] = { "c", "a", "d", "b" };
	struct fixture *f = *state;
	struct record r = { .kind = RECORD_KEY };
	char got[32] = "";
	unsigned i;

	for (i = 0; i < 4; i++) {
		r.time = i == 2 ? 76 : 77;
		r.key.order = (struct key_order){ .purpose = PURPOSE_VOUCHER };
		strcpy(r.key.order.name, names[i]);
		assert_true(store_ca_add(f->store, &r));
	}
	store_ca_each(f->store, add_name, got);
	assert_string_equal(got, "d a b c ");
	assert_true(committed(f->store));
}

static void
file_key(struct fixture *f, const char *customer,
    enum customer_certificate_kind kind, uint8_t key, int64_t since)
{
	struct store_customer_certificate c = { .kind = kind, .since = since };

	strcpy(c.customer, customer);
	memset(c.entry.spki_sha256, key, HASH_SIZE);
	c.entry.certificate = span_str("certificate");
	assert_true(store_customer_certificate_add(f->store, &c));
}

static void
forget_key(struct fixture *f, const char *customer, uint8_t key, int64_t until)
{
	uint8_t spki[HASH_SIZE];

	memset(spki, key, HASH_SIZE);
	assert_true(
	    store_customer_certificate_forget(f->store, customer, spki, until));
}

static bool
owned_with(struct fixture *f, const struct device *d, uint8_t key)
{
	uint8_t spki[HASH_SIZE];

	memset(spki, key, HASH_SIZE);
	return store_customer_pinned(f->store, d, spki);
}

/* The voucher of moment 10 pins key 0x55: whose customer's it was then, by keys that
 * were that customer's then. */
static void
former_owners(void **state)
{
	struct fixture *f = *state;
	struct record r = voucher_record(1, "U-00001", "nonce-01");
	struct store_device d = some_device(1), other = some_device(2);
	struct customer one = { .name = "one" }, two = { .name = "two" };

	assert_int_equal(r.voucher.created_on, 10);
	assert_true(store_voucher_add(f->store, &r));
	assert_true(store_customer_put(f->store, &one, 1));
	assert_true(store_customer_put(f->store, &two, 1));
	file_key(f, "one", CUSTOMER_DOMAIN_CA, 0x55, 5);
	file_key(f, "one", CUSTOMER_REGISTRAR, 0x61, 5);
	file_key(f, "one", CUSTOMER_REGISTRAR, 0x62, 5);
	file_key(f, "one", CUSTOMER_REGISTRAR, 0x63, 11);
	file_key(f, "two", CUSTOMER_REGISTRAR, 0x64, 5);
	file_key(f, "one", CUSTOMER_EST_SERVER, 0x65, 5);
	forget_key(f, "one", 0x61, 10);
	forget_key(f, "one", 0x62, 9);
	assert_true(owned_with(f, &d.device, 0x61));
	assert_true(owned_with(f, &d.device, 0x55));
	assert_false(owned_with(f, &d.device, 0x62)); /* before */
	assert_false(owned_with(f, &d.device, 0x63)); /* since then */
	assert_false(owned_with(f, &d.device, 0x64)); /* another's */
	assert_false(owned_with(f, &d.device, 0x65)); /* nobody's name */
	assert_false(owned_with(f, &other.device, 0x61));
	forget_key(f, "one", 0x55, 10);
	assert_true(owned_with(f, &d.device, 0x61));
	/* Filed for another one later, it is not his past. */
	file_key(f, "two", CUSTOMER_DOMAIN_CA, 0x55, 20);
	file_key(f, "two", CUSTOMER_REGISTRAR, 0x61, 20);
	assert_true(owned_with(f, &d.device, 0x61));
	assert_false(owned_with(f, &d.device, 0x64));
	assert_true(committed(f->store));
}

struct pairs {
	struct fixture *f;
	unsigned outer, inner;
};

static void
inner_ca(void *context, const struct store_ca *ca)
{
	(void)ca;
	((struct pairs *)context)->inner++;
}

static void
outer_ca(void *context, const struct store_ca *ca)
{
	struct pairs *p = context;

	(void)ca;
	p->outer++;
	store_ca_each(p->f->store, inner_ca, p);
}

/* Who reads something may read the same again before the end. */
static void
nested_reads(void **state)
{
	struct pairs p = { .f = *state };
	struct record r = { .time = 77, .kind = RECORD_KEY };
	unsigned i;

	for (i = 0; i < 3; i++) {
		r.key.order = (struct key_order){ .purpose = PURPOSE_VOUCHER };
		snprintf(r.key.order.name, sizeof(r.key.order.name), "v-%u", i);
		assert_true(store_ca_add(p.f->store, &r));
	}
	store_ca_each(p.f->store, outer_ca, &p);
	assert_int_equal(p.outer, 3);
	assert_int_equal(p.inner, 9);
	assert_true(committed(p.f->store));
}

static void
refusals(void **state)
{
	struct fixture *f = *state;
	uint8_t hash[HASH_SIZE] = { 1 };
	unsigned i;

	for (i = 0; i < 10; i++)
		assert_true(store_refusal_add(f->store, i, REQUEST_VOUCHER,
		    REASON_DEVICE_UNKNOWN, "text", "U-1", hash, hash, "::1",
		    "c"));
	store_refusal_trim(f->store, 100);
	assert_int_equal(store_count(f->store, TABLE_REFUSAL), 10);
	store_refusal_trim(f->store, 4);
	assert_int_equal(store_count(f->store, TABLE_REFUSAL), 4);
	assert_true(committed(f->store));
}

struct kept {
	unsigned n;
	char serial[SERIAL_MAX + 1], facts[16], bytes[16];
	bool has_bytes;
};

static bool
keep_recheck(void *context, const struct store_recheck *r)
{
	struct kept *k = context;

	k->n++;
	memcpy(k->serial, r->serial, sizeof(k->serial));
	snprintf(k->facts, sizeof(k->facts), "%.*s", (int)r->facts.len,
	    r->facts.len > 0 ? (const char *)r->facts.ptr : "");
	k->has_bytes = r->bytes.ptr != NULL;
	snprintf(k->bytes, sizeof(k->bytes), "%.*s", (int)r->bytes.len,
	    k->has_bytes ? (const char *)r->bytes.ptr : "");
	return false;
}

/* Waiting, oldest first, until it was checked; bytes are kept once, until they
 * are old and nobody waits for them. */
static void
rechecks(void **state)
{
	struct fixture *f = *state;
	struct record one = voucher_record(1, "U-00001", "nonce-01");
	struct record two = voucher_record(2, "U-00002", "nonce-02");
	struct store_recheck_state s;
	struct store_recheck differs = { .sequence = 2, .serial = "U-00002" };
	struct kept k = { 0 };
	uint8_t client[HASH_SIZE] = { 0 };
	struct store_delivery first = { span_str("v"), client, "", "",
		span_str("facts 1") };
	struct store_delivery second = { span_str("v"), client, "", "",
		span_str("facts 2") };
	int64_t oldest;

	memset(two.request_sha256, 0x77, HASH_SIZE);
	assert_true(store_voucher_add(f->store, &one));
	assert_int_equal(store_recheck_waiting(f->store, &oldest), 0);
	assert_int_equal(oldest, 0);
	assert_true(store_request_keep(
	    f->store, one.request_sha256, 100, span_str("bytes 1")));
	assert_true(store_request_keep(
	    f->store, one.request_sha256, 200, span_str("bytes 1")));
	assert_true(store_voucher_deliver(
	    f->store, one.signer, 1, one.request_sha256, &first));
	/* At once, as most are. */
	assert_true(store_voucher_put(f->store, &two, &second));
	assert_int_equal(store_recheck_waiting(f->store, &oldest), 2);
	assert_int_equal(oldest, one.voucher.created_on);
	store_recheck_each(f->store, 0, keep_recheck, &k);
	assert_int_equal(k.n, 1);
	assert_string_equal(k.serial, "U-00001");
	assert_string_equal(k.facts, "facts 1");
	assert_string_equal(k.bytes, "bytes 1");
	store_recheck_get(f->store, two.signer, 2, keep_recheck, &k);
	assert_string_equal(k.facts, "facts 2");
	assert_false(k.has_bytes);

	/* Old, but wanted; then not wanted, but young; then neither. */
	store_request_purge(f->store, 1000, 10);
	assert_true(store_recheck_done(f->store, one.signer, 1, true));
	assert_false(store_recheck_done(f->store, one.signer, 1, true));
	store_request_purge(f->store, 200, 10);
	store_recheck_get(f->store, one.signer, 1, keep_recheck, &k);
	assert_true(k.has_bytes);
	assert_string_equal(k.facts, "");
	store_request_purge(f->store, 201, 10);
	store_recheck_get(f->store, one.signer, 1, keep_recheck, &k);
	assert_false(k.has_bytes);

	assert_true(store_recheck_stop(f->store, &differs, "nonce", 300));
	assert_true(store_recheck_done(f->store, two.signer, 2, false));
	assert_true(committed(f->store));
	fixture_again(f);
	store_recheck_state(f->store, &s);
	assert_int_equal(s.checked, 2);
	assert_true(s.stopped);
	assert_int_equal(s.sequence, 2);
	assert_string_equal(s.serial, "U-00002");
	assert_string_equal(s.field, "nonce");
	assert_int_equal(s.moment, 300);
	assert_true(store_recheck_confirm(f->store));
	store_recheck_state(f->store, &s);
	assert_false(s.stopped);
	assert_true(committed(f->store));
}

/* Looked up, not counted: so what a group adds must be right, and what it does not. */
static void
totals(void **state)
{
	struct fixture *f = *state;
	struct record r = voucher_record(1, "U-00001", "nonce-01");
	struct store_device d = some_device(2);

	assert_int_equal(store_count(f->store, TABLE_DEVICE), 0);
	assert_int_equal(store_count(f->store, TABLE_REFUSAL), 0);
	put_devices(f->store, 2);
	assert_false(store_device_add(f->store, &d));
	assert_true(store_voucher_add(f->store, &r));
	assert_true(store_voucher_add(f->store, &r));
	assert_int_equal(store_count(f->store, TABLE_DEVICE), 2);
	assert_true(committed(f->store));
	assert_int_equal(store_count(f->store, TABLE_DEVICE), 2);
	assert_int_equal(store_count(f->store, TABLE_VOUCHER), 1);

	d = some_device(3);
	assert_true(store_device_add(f->store, &d));
	spy_breaks = "COMMIT";
	assert_false(committed(f->store));
	spy_breaks = NULL;
	assert_int_equal(store_count(f->store, TABLE_DEVICE), 2);
	assert_true(store_voucher_add(f->store, &r));
	assert_true(committed(f->store));
	fixture_again(f);
	assert_int_equal(store_count(f->store, TABLE_DEVICE), 2);
	assert_int_equal(store_count(f->store, TABLE_VOUCHER), 1);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(products),
		TEST(warnings),
		TEST(numbers),
		TEST(twins),
		TEST(lists),
		TEST(serials),
		TEST(serials_of_products),
		TEST(vouchers),
		TEST(long_log),
		TEST(journal),
		TEST(keys),
		TEST(keys_are_in_order),
		TEST(former_owners),
		TEST(nested_reads),
		TEST(refusals),
		TEST(rechecks),
		TEST(totals),
		TEST(passed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
