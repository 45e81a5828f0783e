/* What checkers are told of customers' certificates on file: now, and what was then. */
#include "world.h"

#include "base/clock.h"

static uint8_t room[FRAME_MAX];

enum { REGISTRAR_KEY = 0x11, CA_KEY = 0x22, SERVER_KEY = 0x33 };

static void
customer_new(struct world *w, const char *name)
{
	struct customer c = { 0 };

	strcpy(c.name, name);
	assert_true(store_customer_put(w->a->store, &c, NOW));
}

static void
file_at(struct world *w, const char *name, enum customer_certificate_kind kind,
    uint8_t key, int64_t since)
{
	struct store_customer_certificate c = { .kind = kind, .since = since };
	uint8_t der[3] = { 0x30, 0x01, key };

	strcpy(c.customer, name);
	memset(c.entry.spki_sha256, key, HASH_SIZE);
	memset(c.entry.domain_id, key + 1, 20);
	c.entry.domain_id_len = 20;
	c.entry.not_after = NOW + 1;
	c.entry.certificate = span_of(der, sizeof(der));
	assert_true(store_customer_certificate_add(w->a->store, &c));
	customers_load(w->a);
}

static void
file_as(struct world *w, const char *name, enum customer_certificate_kind kind,
    uint8_t key)
{
	file_at(w, name, kind, key, NOW);
}

static void
forget_at(struct world *w, const char *name, uint8_t key, int64_t until)
{
	uint8_t hash[HASH_SIZE];

	memset(hash, key, HASH_SIZE);
	assert_true(
	    store_customer_certificate_forget(w->a->store, name, hash, until));
	customers_load(w->a);
}

static void
forget(struct world *w, const char *name, uint8_t key)
{
	forget_at(w, name, key, NOW + 1);
}

/* Which domain CAs it is given for a chain of this one key, by the last octet of
 * their certificates; how many. */
static unsigned
look_up_at(struct world *w, struct peer *from, uint8_t key, int64_t moment,
    uint8_t cas[DOMAIN_CAS_MAX])
{
	struct message_look_up m = {
		.serial = "X", .moment = moment, .chain_len = 1
	};
	struct message_on_record on_record;
	struct cbor_out o;
	struct cbor in;
	struct sent s;
	unsigned i;

	memset(m.chain[0], key, HASH_SIZE);
	cbor_out_open(&o, room, sizeof(room));
	message_look_up_put(&o, &m);
	deliver(w, from, MESSAGE_LOOK_UP, 1, &o);
	s = take(from, MESSAGE_ON_RECORD);
	cbor_open(&in, buf_span(&s.payload), true);
	assert_true(message_on_record_get(&in, &on_record));
	for (i = 0; i < on_record.cas_len; i++)
		cas[i] = on_record.cas[i].ptr[2];
	buf_free(&s.payload);
	assert_int_equal(on_record.len, 0);
	return on_record.cas_len;
}

static unsigned
look_up(struct world *w, struct peer *from, uint8_t key)
{
	uint8_t cas[DOMAIN_CAS_MAX];

	return look_up_at(w, from, key, NOW, cas);
}

/* Is the re-check told of CA_KEY, where the voucher is of that moment? */
static bool
is_told(struct world *w, int64_t moment)
{
	uint8_t cas[DOMAIN_CAS_MAX];
	unsigned n = look_up_at(w, &w->apart, REGISTRAR_KEY, moment, cas);

	return memchr(cas, CA_KEY, n) != NULL;
}

/* An agent's domain may rest on a CA that is on file (MP 15.1); the re-check is
 * shown what was, for vouchers are of before. */
static void
cas_on_file(void **state)
{
	struct world *w = *state;

	world_ready(w, 1);
	customer_new(w, "a");
	customer_new(w, "b");
	file_as(w, "a", CUSTOMER_REGISTRAR, REGISTRAR_KEY);
	file_as(w, "a", CUSTOMER_DOMAIN_CA, CA_KEY);
	file_as(w, "b", CUSTOMER_DOMAIN_CA, CA_KEY + 1);
	file_as(w, "a", CUSTOMER_EST_SERVER, SERVER_KEY);
	assert_int_equal(look_up(w, &w->checker, REGISTRAR_KEY), 1);
	assert_int_equal(look_up(w, &w->apart, REGISTRAR_KEY), 1);
	/* Nobody is known by an EST server, or not at all. */
	assert_int_equal(look_up(w, &w->checker, SERVER_KEY), 0);
	assert_int_equal(look_up(w, &w->apart, SERVER_KEY), 0);
	assert_int_equal(look_up(w, &w->checker, 0x99), 0);
	forget(w, "a", CA_KEY);
	assert_int_equal(look_up(w, &w->checker, REGISTRAR_KEY), 0);
	assert_int_equal(look_up(w, &w->apart, REGISTRAR_KEY), 1);
	forget(w, "a", REGISTRAR_KEY);
	assert_int_equal(look_up(w, &w->apart, REGISTRAR_KEY), 1);
}

/* More came and went than a checker is told; some of them again and again. */
static void
file_many(struct world *w, const char *name, int64_t since, int64_t until)
{
	unsigned i;

	for (i = 0; i <= DOMAIN_CAS_MAX; i++) {
		file_at(w, name, CUSTOMER_DOMAIN_CA,
		    (uint8_t)(0x80 + i / 2 * 2), since + i);
		forget_at(w, name, (uint8_t)(0x80 + i / 2 * 2), until + i);
		file_at(w, name, CUSTOMER_DOMAIN_CA, (uint8_t)(0xc0 + i),
		    since + i);
		forget_at(w, name, (uint8_t)(0xc0 + i), until + i);
	}
}

static void
many_cas_since(void **state)
{
	struct world *w = *state;

	world_ready(w, 1);
	customer_new(w, "a");
	file_as(w, "a", CUSTOMER_REGISTRAR, REGISTRAR_KEY);
	file_as(w, "a", CUSTOMER_DOMAIN_CA, CA_KEY);
	file_many(w, "a", NOW + 100, NOW + 200);
	assert_true(is_told(w, NOW + 1000));
	assert_true(is_told(w, NOW + 10));
	/* Forgotten itself behind the voucher. */
	forget_at(w, "a", CA_KEY, NOW + 50);
	assert_true(is_told(w, NOW + 50));
	assert_false(is_told(w, NOW + 1000));
}

/* The key of the chain was somebody else's before, who had as many. */
static void
many_cas_of_another(void **state)
{
	struct world *w = *state;

	world_ready(w, 1);
	customer_new(w, "a");
	customer_new(w, "b");
	file_as(w, "a", CUSTOMER_REGISTRAR, REGISTRAR_KEY);
	file_many(w, "a", NOW, NOW + 100);
	forget_at(w, "a", REGISTRAR_KEY, NOW + 200);
	file_at(w, "b", CUSTOMER_REGISTRAR, REGISTRAR_KEY, NOW + 300);
	file_at(w, "b", CUSTOMER_DOMAIN_CA, CA_KEY, NOW + 300);
	assert_true(is_told(w, NOW + 400));
}

/* A pin that a cloud registrar's voucher has, and that did not come along. */
static void
est_server_on_file(void **state)
{
	static struct request_facts f;
	uint8_t key[HASH_SIZE], id[20];
	struct world *w = *state;

	world_ready(w, 1);
	customer_new(w, "cloud");
	customer_new(w, "owner");
	file_as(w, "cloud", CUSTOMER_REGISTRAR, REGISTRAR_KEY);
	file_as(w, "owner", CUSTOMER_EST_SERVER, SERVER_KEY);
	forget(w, "owner", SERVER_KEY);
	memset(key, SERVER_KEY, sizeof(key));
	memset(id, SERVER_KEY + 1, sizeof(id));
	f.chain_len = 1;
	memset(f.chain[0].spki_sha256, REGISTRAR_KEY, HASH_SIZE);
	assert_true(customer_pinned(w->a, &f, key, span_of(id, sizeof(id))));
	/* A key alone. */
	assert_true(customer_pinned(w->a, &f, key, span_of(key, HASH_SIZE)));
	id[0]++;
	assert_false(customer_pinned(w->a, &f, key, span_of(id, sizeof(id))));
	/* A chain of nobody, and of the server itself. */
	memset(f.chain[0].spki_sha256, 0x99, HASH_SIZE);
	assert_false(customer_pinned(w->a, &f, key, span_of(key, HASH_SIZE)));
	memset(f.chain[0].spki_sha256, SERVER_KEY, HASH_SIZE);
	assert_false(customer_pinned(w->a, &f, key, span_of(key, HASH_SIZE)));
}

/* A row that somebody wrote into the store by hand is no certificate of ours. */
static void
too_long_on_file(void **state)
{
	static uint8_t der[CERTIFICATE_MAX + 1000];
	static struct {
		struct on_file file;
		uint8_t behind[sizeof(der)];
	} out;
	static struct request_facts f;
	struct store_customer_certificate c = {
		.customer = "a", .kind = CUSTOMER_DOMAIN_CA, .since = NOW
	};
	struct world *w = *state;
	unsigned i;

	world_ready(w, 1);
	customer_new(w, "a");
	c.entry.not_after = NOW + 1000;
	c.entry.certificate = span_of(der, sizeof(der));
	memset(der, 0xff, sizeof(der));
	assert_true(store_customer_certificate_add(w->a->store, &c));
	customers_load(w->a);
	assert_null(customer_certificate(w->a, customer_by_name(w->a, "a"),
	    CUSTOMER_DOMAIN_CA, &f, NOW, &out.file));
	for (i = 0; i < sizeof(out.behind); i++)
		assert_int_equal(out.behind[i], 0);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, world_open, world_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(cas_on_file),
		TEST(many_cas_since),
		TEST(many_cas_of_another),
		TEST(est_server_on_file),
		TEST(too_long_on_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
