/* Product lines: keys that were seen before, and products that change meanwhile. */
#include "world.h"

#include "base/clock.h"
#include "judge.h"

static bool
count_ruling(void *context, const struct store_ruling *r)
{
	assert_string_equal(r->name, "router-9");
	++*(unsigned *)context;
	return true;
}

/* A second unit with a key counts, the unit that has it does not. */
static void
duplicate_keys(void **state)
{
	struct world *w = *state;
	const char *json;
	unsigned n = 0;

	world_ready(w, 1);
	csr(w, 1, NULL, "");
	(void)told(w, REASON_KEY_DUPLICATE);
	csr(w, 1, "AR9-F1-000001", "");
	(void)told(w, REASON_KEY_DUPLICATE);
	csr(w, 1, NULL, "AR9-F1-000001");
	(void)told(w, REASON_KEY_DUPLICATE);
	json = done(w, "service.status", NULL);
	assert_string_equal(
	    text_at(json, "duplicate-keys.0.product"), "absent");

	csr(w, 1, "AR9-F1-000002", "");
	(void)told(w, REASON_KEY_DUPLICATE);
	json = done(w, "service.status", NULL);
	assert_string_equal(text_at(json, "duplicate-keys.0.keys"), "1");
	assert_string_equal(text_at(json, "duplicate-keys.0.stopped"), "false");
	csr(w, 1, "AR9-F1-000003", "");
	(void)told(w, REASON_KEY_DUPLICATE);
	json = done(w, "service.status", NULL);
	assert_string_equal(text_at(json, "duplicate-keys.0.stopped"), "true");
	assert_string_equal(
	    text_at(json, "duplicate-keys.0.serial"), "AR9-F1-000001");
	refused(w, REASON_LINE_STOPPED, "issue.csr",
	    ARGUMENTS({ "product", "router-9" }, { "csr", "request" }));

	refused(w, REASON_ADMIN_ARGUMENT, "product.resume",
	    ARGUMENTS({ "name", "router-9" }, { "reason", "bored" }));
	(void)done(w, "product.resume",
	    ARGUMENTS({ "name", "router-9" }, { "reason", "repaired" },
		{ "note", "firmware 2" }));
	refused(w, REASON_ADMIN_ARGUMENT, "product.resume",
	    ARGUMENTS({ "name", "router-9" }, { "reason", "repaired" }));
	csr(w, 2, NULL, "");
	puppet_obey(w);
	drained(w);
	(void)told(w, REASON_OK);
	store_ruling_each(
	    w->a->store, RULING_PRODUCT, "router-9", count_ruling, &n);
	assert_int_equal(n, 2);
	/* Who looked, and what he said. */
	json = done(w, "product.show", ARGUMENTS({ "name", "router-9" }));
	assert_string_equal(text_at(json, "rulings.0.state"), "active");
	assert_string_equal(
	    text_at(json, "rulings.0.note"), "repaired: firmware 2");
	assert_string_equal(text_at(json, "rulings.1.state"), "held");
	assert_string_equal(text_at(json, "rulings.2"), "absent");
}

/* A tray that was cut short is issued once more: what has its certificates is refused
 * again, the rest is issued, however late that is. */
static void
tray_again(void **state)
{
	struct world *w = *state;
	unsigned i;

	world_ready(w, 3);
	clock_set_test(NOW + 2 * REPLAY_SECONDS);
	for (i = 1; i <= 3; i++) {
		csr(w, i, NULL, "");
		(void)told(w, REASON_KEY_DUPLICATE);
	}
	csr(w, 4, NULL, "");
	issued(w, "AR9-F1-000004");
	clock_set_test(NOW);
}

/* The key number 1, which AR9-F1-000001 has, in a request of its own. */
static void
second_unit(struct world *w, uint8_t octets, const char *claimed)
{
	struct message_inspected m = { .kind = INSPECT_CSR };
	uint64_t id = csr_shown(w);
	struct store_serial first;

	assert_true(
	    store_serial_find(w->a->store, "AR9-F1-000001", "", &first));
	m.csr.spki = span_str("key");
	memcpy(m.csr.spki_sha256, first.spki_sha256, HASH_SIZE);
	memset(m.csr.csr_sha256, octets, HASH_SIZE);
	snprintf(m.csr.serial, sizeof(m.csr.serial), "%s", claimed);
	inspected(w, &w->checker, id, &m);
}

static void
counted(struct world *w, const char *keys, const char *stopped)
{
	const char *json = done(w, "service.status", NULL);

	assert_string_equal(text_at(json, "duplicate-keys.0.keys"), keys);
	assert_string_equal(text_at(json, "duplicate-keys.0.stopped"), stopped);
}

/* A unit with another one's key is one unit, however often it is tried: by its serial,
 * or, where it has none, by its request. */
static void
unit_again(void **state)
{
	struct world *w = *state;
	unsigned i;

	world_ready(w, 2);
	for (i = 0; i < 3; i++) {
		second_unit(w, 0x71, "");
		drained(w);
		(void)told(w, REASON_KEY_DUPLICATE);
	}
	counted(w, "1", "false");
	(void)done(w, "product.resume",
	    ARGUMENTS({ "name", "router-9" }, { "reason", "removed" }));
	for (i = 0; i < 3; i++) {
		/* Its station signs anew each time. */
		second_unit(w, (uint8_t)(0x71 + i), "AR9-F1-000009");
		drained(w);
		(void)told(w, REASON_KEY_DUPLICATE);
	}
	counted(w, "1", "false");
	/* The same request, once without its serial. */
	second_unit(w, 0x71, "");
	drained(w);
	(void)told(w, REASON_KEY_DUPLICATE);
	counted(w, "1", "false");
	/* A new key of it that is another one's again: no retry. */
	csr(w, 2, "AR9-F1-000009", "");
	(void)told(w, REASON_KEY_DUPLICATE);
	counted(w, "2", "true");
}

/* No serial is that long: it names no unit, and the same octets are one. */
static void
no_serial(void **state)
{
	struct world *w = *state;
	char longer[SERIAL_MAX + 8];
	unsigned i;

	world_ready(w, 1);
	memset(longer, 'A', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	for (i = 0; i < 3; i++) {
		csr(w, 1, longer, "");
		(void)told(w, REASON_KEY_DUPLICATE);
	}
	assert_string_equal(text_at(done(w, "service.status", NULL),
				"duplicate-keys.0.product"),
	    "absent");
}

/* Two requests without a serial that differ are two units. */
static void
two_units(void **state)
{
	struct world *w = *state;
	uint8_t i;

	world_ready(w, 1);
	for (i = 0; i < 2; i++) {
		second_unit(w, (uint8_t)(0x71 + i), "");
		drained(w);
		(void)told(w, REASON_KEY_DUPLICATE);
	}
	counted(w, "2", "true");
}

/* Who is told that a line stopped finds it stopped, whatever becomes of the store. */
static void
stop_lost(void **state)
{
	struct world *w = *state;
	struct sent head;

	world_ready(w, 1);
	second_unit(w, 0x71, "");
	drained(w);
	(void)told(w, REASON_KEY_DUPLICATE);
	second_unit(w, 0x72, "");
	expect_nothing(&w->operator);
	store_group_spoil(w->a->store);
	drained(w);
	(void)told(w, REASON_STORE_FAILED);
	authority_calls.tick(w->a);
	head = take(&w->signer, MESSAGE_HEAD);
	buf_free(&head.payload);
	puppet_repeat(w, 1);
	counted(w, "1", "false");
	second_unit(w, 0x72, "");
	drained(w);
	(void)told(w, REASON_KEY_DUPLICATE);
	counted(w, "2", "true");
	refused(w, REASON_LINE_STOPPED, "issue.csr",
	    ARGUMENTS({ "product", "router-9" }, { "csr", "request" }));
}

static void
import_again(void **state)
{
	struct world *w = *state;
	unsigned i;

	world_ready(w, 1);
	(void)done(w, "product.add",
	    ARGUMENTS({ "name", "foreign" }, { "import-only", "yes" }));
	imported(w, "00-D0-E5-F2-00-02", 1, 1);
	for (i = 0; i < 3; i++) {
		import(w, "00-D0-E5-F2-00-03", 1, 1);
		(void)told(w, REASON_KEY_DUPLICATE);
	}
	counted(w, "1", "false");
	import(w, "00-D0-E5-F2-00-04", 1, 1);
	(void)told(w, REASON_KEY_DUPLICATE);
	counted(w, "2", "true");
}

/* Each of many products with a duplicate; the status goes on, with those that stopped
 * first. */
static void
many_lines(void **state)
{
	struct world *w = *state;
	struct store_line l = { .serial = "AR9-F1-000001", .moment = NOW };
	struct product p;
	const char *json;
	unsigned i;

	world_ready(w, 0);
	assert_true(store_product_find(w->a->store, "router-9", &p));
	for (i = 0; i < 1300; i++) {
		snprintf(p.name, sizeof(p.name), "product-%052u", i);
		memcpy(l.product, p.name, sizeof(l.product));
		l.duplicates = i == 1299 ? 2 : 1;
		assert_true(store_product_put(w->a->store, &p));
		assert_true(store_line_put(w->a->store, &l));
	}
	drained(w);
	json = done(w, "service.status", NULL);
	assert_string_equal(
	    text_at(json, "duplicate-keys.0.product"), l.product);
	assert_string_equal(text_at(json, "duplicate-keys.0.stopped"), "true");
	assert_string_equal(text_at(json, "duplicate-keys.63.keys"), "1");
	assert_string_equal(text_at(json, "duplicate-keys.64"), "absent");
}

/* The order that the signer has next, and no other. */
static struct idevid_order
next_order(const struct world *w)
{
	struct idevid_order o;
	struct cbor in;

	assert_int_equal(w->signer.len, 1);
	assert_int_equal(w->signer.sent[0].type, MESSAGE_SIGN_IDEVID);
	cbor_open(&in, buf_span(&w->signer.sent[0].payload), true);
	assert_true(message_idevid_order_get(&in, &o));
	return o;
}

static void
organization_ordered(struct world *w, const char *organization)
{
	assert_string_equal(next_order(w).profile.organization, organization);
	puppet_obey(w);
	drained(w);
}

/* Operators change a product while a tray of it is issued: no unit pays for that. */
static void
product_changed(void **state)
{
	struct message_inspected m = { .kind = INSPECT_CSR };
	struct world *w = *state;
	uint64_t id;

	world_ready(w, 0);
	/* While a checker looks at the request. */
	id = csr_shown(w);
	(void)done(w, "product.set",
	    ARGUMENTS({ "name", "router-9" }, { "organization", "One" }));
	m.csr.spki = span_str("a key");
	memset(m.csr.spki_sha256, 9, HASH_SIZE);
	inspected(w, &w->checker, id, &m);
	drained(w);
	organization_ordered(w, "One");
	(void)told(w, REASON_OK);
	/* While the act is on its way: the signer goes by it already. */
	command(w, "product.set",
	    ARGUMENTS({ "name", "router-9" }, { "organization", "Two" }));
	csr(w, 2, NULL, "");
	assert_int_equal(w->signer.len, 2);
	puppet_obey(w);
	w->refuses = REASON_SIGNER_POLICY;
	organization_ordered(w, "One");
	(void)told(w, REASON_OK); /* the operator; the unit waits */
	expect_nothing(&w->operator);
	organization_ordered(w, "Two");
	(void)told(w, REASON_OK);
	/* What has not changed is not asked for again. */
	csr(w, 3, NULL, "");
	w->refuses = REASON_SIGNER_POLICY;
	organization_ordered(w, "Two");
	expect_nothing(&w->signer);
	(void)told(w, REASON_SIGNER_POLICY);
}

/* Who orders the key number n is sent with this serial, and refused so. */
static void
order_refused(
    struct world *w, unsigned n, const char *serial, enum reason refusal)
{
	csr(w, n, NULL, "");
	assert_string_equal(next_order(w).serial, serial);
	w->refuses = refusal;
	puppet_obey(w);
	drained(w);
	(void)told(w, refusal);
}

/* Where no CA can give what a product shows, no try burns a serial. */
static void
no_ca_fits(void **state)
{
	struct world *w = *state;
	unsigned i;

	world_ready(w, 0);
	(void)done(w, "product.set",
	    ARGUMENTS({ "name", "router-9" }, { "issuance-policy", "yes" }));
	for (i = 0; i < 3; i++)
		order_refused(w, 1, "AR9-F1-000001", REASON_CA_MISMATCH);
	(void)done(w, "product.set",
	    ARGUMENTS({ "name", "router-9" }, { "issuance-policy", "no" }));
	csr(w, 1, NULL, "");
	issued(w, "AR9-F1-000001");
}

/* A serial that was kept has the form of before: it is burnt, and the unit gets one
 * that the signer signs. */
static void
form_changed(void **state)
{
	struct world *w = *state;
	struct store_serial s;

	world_ready(w, 0);
	order_refused(w, 1, "AR9-F1-000001", REASON_SIGNER_RATE);
	(void)done(w, "product.set",
	    ARGUMENTS({ "name", "router-9" }, { "counter-width", "8" }));
	csr(w, 1, NULL, "");
	issued(w, "AR9-F1-00000002");
	assert_true(store_serial_find(w->a->store, "AR9-F1-000001", "", &s));
	assert_int_equal(s.state, SERIAL_BURNT);
}

/* The same while an order is with the signer. */
static void
form_changed_meanwhile(void **state)
{
	struct world *w = *state;

	world_ready(w, 0);
	command(w, "product.set",
	    ARGUMENTS({ "name", "router-9" }, { "counter-width", "8" }));
	csr(w, 1, NULL, "");
	assert_int_equal(w->signer.len, 2);
	puppet_obey(w);
	w->refuses = REASON_SIGNER_POLICY;
	puppet_obey(w);
	drained(w);
	(void)told(w, REASON_OK); /* the operator */
	issued(w, "AR9-F1-00000002");
}

/* In import mode none is issued, also where a checker looks at it already. */
static void
import_mode_meanwhile(void **state)
{
	struct message_inspected m = { .kind = INSPECT_CSR };
	struct world *w = *state;
	uint64_t id;

	world_ready(w, 0);
	id = csr_shown(w);
	(void)done(w, "product.set",
	    ARGUMENTS({ "name", "router-9" }, { "import-only", "yes" }));
	m.csr.spki = span_str("a key");
	inspected(w, &w->checker, id, &m);
	drained(w);
	expect_nothing(&w->signer);
	(void)told(w, REASON_PRODUCT_SYNTAX);
}

/* What no program wrote of a product never comes to the signer. */
static void
product_damaged(void **state)
{
	struct world *w = *state;
	struct product p, damaged;
	unsigned i;

	world_ready(w, 0);
	assert_true(store_product_find(w->a->store, "router-9", &p));
	for (i = 0; i < 4; i++) {
		damaged = p;
		if (i == 0)
			damaged.profile.key_usage =
			    (enum idevid_usage)(IDEVID_USAGE_LAST + 1);
		else if (i == 1)
			damaged.counter_width = 13;
		else if (i == 2)
			memcpy(damaged.profile.hw_type, "1.3\t", 5);
		else
			memcpy(damaged.masa_url, "masa\t", 6);
		assert_true(store_product_put(w->a->store, &damaged));
		drained(w);
		refused(w, REASON_PRODUCT_SYNTAX, "issue.csr",
		    ARGUMENTS({ "product", "router-9" }, { "csr", "request" }));
	}
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, world_open, world_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(duplicate_keys),
		TEST(tray_again),
		TEST(unit_again),
		TEST(no_serial),
		TEST(two_units),
		TEST(import_again),
		TEST(stop_lost),
		TEST(product_changed),
		TEST(no_ca_fits),
		TEST(form_changed),
		TEST(form_changed_meanwhile),
		TEST(import_mode_meanwhile),
		TEST(product_damaged),
		TEST(many_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
