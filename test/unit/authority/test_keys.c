/* Many keys: one is found by its name without a look at all of them. The module is
 * compiled in here, so that what it compares can be counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static unsigned long compared;

static int
compare(const char *a, const char *b)
{
	compared++;
	return strcmp(a, b);
}

#define strcmp compare
#include "authority/keys.c"
#undef strcmp

#define COUNT 1000

static struct authority authority;

static void
fill(struct authority *a)
{
	unsigned i;

	a->keys = calloc(COUNT, sizeof(*a->keys));
	assert_non_null(a->keys);
	a->keys_len = a->keys_room = COUNT;
	for (i = 0; i < COUNT; i++) {
		struct ledger_key k = { .state = KEY_ACTIVE };

		snprintf(a->keys[i].name, sizeof(a->keys[i].name), "key-%u",
		    i * 7919 % COUNT);
		k.order.purpose = PURPOSE_VOUCHER;
		memcpy(k.order.name, a->keys[i].name, sizeof(k.order.name));
		key_policy_defaults(&k.order.policy, PURPOSE_VOUCHER);
		assert_true(ledger_key_push(&a->ledger, &k));
	}
	keys_sort(a);
}

static void
many(void **state)
{
	const struct key_use use = { .kind = SIGNED_NONCED,
		.product = "router-9" };
	struct authority *a = &authority;
	unsigned i;

	(void)state;
	assert_null(key_by_name(a, "key-1"));
	fill(a);
	for (i = 0; i < COUNT; i++)
		assert_ptr_equal(key_by_name(a, a->keys[i].name), &a->keys[i]);
	assert_null(key_by_name(a, ""));
	assert_null(key_by_name(a, "key-1000"));
	assert_null(key_by_name(a, "z"));
	compared = 0;
	assert_ptr_equal(key_for(a, &use), &a->keys[COUNT - 1]);
	assert_true(compared > 0 && compared < 12 * COUNT);
	free(a->keys);
	free(a->keys_by_name);
	ledger_free(&a->ledger);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
