/* libcrypto's memory: pieces are its own while it has them, those that it freed
 * are given again, and only so many are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash/memory.h"

#define PIECES 5000

static struct {
	uint8_t *at;
	size_t size;
	uint8_t mark;
} pieces[PIECES];

static size_t frees; /* calls by src/crypto/hash */

void __real_free(void *p);
void __wrap_free(void *p);

void
__wrap_free(void *p)
{
	frees++;
	__real_free(p);
}

static void
piece_check(unsigned i)
{
	size_t k;

	for (k = 0; k < pieces[i].size; k++)
		assert_int_equal(pieces[i].at[k], pieces[i].mark);
}

static void
piece_mark(unsigned i, size_t size, uint8_t mark)
{
	assert_non_null(pieces[i].at);
	pieces[i].size = size;
	pieces[i].mark = mark;
	memset(pieces[i].at, mark, size);
}

static void
piece_free(unsigned i)
{
	piece_check(i);
	OPENSSL_free(pieces[i].at);
	memset(&pieces[i], 0, sizeof(pieces[i]));
}

/* Sizes on both sides of each bound, in an order that mixes them all. */
static void
nobody_else_writes_there(void **state)
{
	unsigned i, at, random = 1;

	(void)state;
	for (i = 0; i < 40 * PIECES; i++) {
		random = random * 1664525 + 1013904223;
		at = (random >> 8) % PIECES;
		if (pieces[at].at == NULL) {
			pieces[at].at = OPENSSL_malloc(1 + random % 1100);
			piece_mark(at, 1 + random % 1100, (uint8_t)i);
		} else if (i % 3 == 0) {
			size_t size = 1 + (random >> 4) % 1100;
			size_t old = pieces[at].size;

			pieces[at].at = OPENSSL_realloc(pieces[at].at, size);
			pieces[at].size = size < old ? size : old;
			piece_check(at);
			piece_mark(at, size, (uint8_t)i);
		} else {
			piece_free(at);
		}
	}
	for (i = 0; i < PIECES; i++)
		if (pieces[i].at != NULL)
			piece_free(i);
}

static void
freed_is_given_again(void **state)
{
	void *first = OPENSSL_malloc(100), *second;

	(void)state;
	frees = 0;
	OPENSSL_free(first);
	second = OPENSSL_zalloc(97);
	assert_ptr_equal(first, second);
	assert_int_equal(frees, 0);
	OPENSSL_free(second);
	OPENSSL_free(NULL);
	assert_null(OPENSSL_malloc(0));
}

/* All that was kept before comes back first. */
static void
no_more_than_a_mebibyte_is_kept(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < PIECES; i++)
		pieces[i].at = OPENSSL_malloc(1024);
	frees = 0;
	for (i = 0; i < PIECES; i++)
		OPENSSL_free(pieces[i].at);
	assert_true(frees >= PIECES - 1025 - 1);
	assert_true(frees < PIECES);
	frees = 0;
	OPENSSL_free(OPENSSL_malloc(1025)); /* larger ones are not */
	assert_int_equal(frees, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(freed_is_given_again),
		cmocka_unit_test(nobody_else_writes_there),
		cmocka_unit_test(no_more_than_a_mebibyte_is_kept),
	};

	libcrypto_memory();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
