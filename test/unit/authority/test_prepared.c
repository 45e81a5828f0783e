/* Audit logs that are kept to be fetched again (MP 14.1): for whom, how many. */
#include "world.h"

#include "base/text.h"

#define LOGS 2048 /* as in prepared.c */

static uint8_t key[HASH_SIZE] = { 1 }, other_key[HASH_SIZE] = { 2 };

static struct audit_owner
device(unsigned n)
{
	struct audit_owner o = { .issuer = {
				     .kind = ISSUER_KEY_ID, .len = 1 } };

	snprintf(o.serial, sizeof(o.serial), "AR9-%u", n);
	return o;
}

static bool
add(struct prepared_logs *l, unsigned n, const uint8_t *client,
    const char *text, uint8_t slug[SLUG_SIZE])
{
	struct audit_owner o = device(n);
	const uint8_t *name = prepared_add(l, &o, client, span_str(text));

	if (name != NULL)
		memcpy(slug, name, SLUG_SIZE);
	return name != NULL;
}

static bool
finds(struct prepared_logs *l, const uint8_t *slug, const uint8_t *client,
    const char *text)
{
	struct span found;

	if (!prepared_find(l, slug, client, &found))
		return false;
	assert_true(span_is(found, text));
	return true;
}

static void
for_one_client(void **state)
{
	static const uint8_t nobody[HASH_SIZE];
	struct prepared_logs *l = prepared_new();
	uint8_t one[SLUG_SIZE], again[SLUG_SIZE], two[SLUG_SIZE];

	(void)state;
	assert_true(add(l, 1, key, "log", one));
	assert_true(finds(l, one, key, "log"));
	assert_false(finds(l, one, other_key, "log"));
	assert_false(finds(l, one, nobody, "log"));
	/* Another name for another client, the same for the same. */
	assert_true(add(l, 1, other_key, "log", two));
	assert_memory_not_equal(one, two, SLUG_SIZE);
	assert_true(add(l, 1, key, "log", again));
	assert_memory_equal(one, again, SLUG_SIZE);
	/* It shows the state when it was prepared. */
	assert_true(add(l, 1, key, "longer log", again));
	assert_memory_not_equal(one, again, SLUG_SIZE);
	assert_true(finds(l, one, key, "log"));
	assert_true(finds(l, again, key, "longer log"));
	one[SLUG_SIZE - 1] ^= 1;
	assert_false(finds(l, one, key, "log"));
	/* Nobody could be told from others. */
	assert_false(add(l, 1, nobody, "log", one));
	prepared_free(l);
}

/* Who has one device, and any number of keys, keeps nobody else's log out. */
static void
few_of_a_device(void **state)
{
	struct prepared_logs *l = prepared_new();
	uint8_t other[SLUG_SIZE], slug[9][SLUG_SIZE], keys[9][HASH_SIZE];
	unsigned i;

	(void)state;
	assert_true(add(l, 1, key, "log", other));
	for (i = 0; i < 9; i++) {
		memset(keys[i], (int)i + 3, HASH_SIZE);
		assert_true(add(l, 2, keys[i], "log", slug[i]));
	}
	assert_false(finds(l, slug[0], keys[0], "log"));
	for (i = 1; i < 9; i++)
		assert_true(finds(l, slug[i], keys[i], "log"));
	assert_true(finds(l, other, key, "log"));
	prepared_free(l);
}

static void
the_oldest_goes(void **state)
{
	struct prepared_logs *l = prepared_new();
	uint8_t first[SLUG_SIZE], second[SLUG_SIZE], slug[SLUG_SIZE];
	static char large[60001];
	unsigned i;

	(void)state;
	assert_true(add(l, 0, key, "log", first));
	assert_true(add(l, 1, key, "log", second));
	for (i = 2; i < LOGS; i++)
		assert_true(add(l, i, key, "log", slug));
	assert_true(finds(l, first, key, "log"));
	assert_true(add(l, LOGS, key, "log", slug));
	assert_false(finds(l, first, key, "log"));
	assert_true(finds(l, second, key, "log"));
	/* By octets: 16 MiB are 279 of these. */
	memset(large, 'x', sizeof(large) - 1);
	for (i = 0; i < 280; i++)
		assert_true(add(l, i, key, large, i == 0 ? first : slug));
	assert_false(finds(l, second, key, "log"));
	assert_false(finds(l, first, key, large));
	assert_true(finds(l, slug, key, large));
	prepared_free(l);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(for_one_client),
		cmocka_unit_test(few_of_a_device),
		cmocka_unit_test(the_oldest_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
