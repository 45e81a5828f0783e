/*
 * Run by test/flow/constant-time under valgrind's memcheck, which calls a value
 * undefined that came from what is marked here, and complains where a branch or
 * an address depends on one.
 */
#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include "base/random.h"
#include "base/secret.h"
#include "crypto/keys/field.h"
#include "crypto/keys/inverse.h"
#include "crypto/keys/share.h"

#define SECRET_SIZE 48

void __real_random_bytes(void *out, size_t len);
void __wrap_random_bytes(void *out, size_t len);
bool __real_secret_equal(struct span a, struct span b);
bool __wrap_secret_equal(struct span a, struct span b);

/* The polynomials are as secret as what they hide; the id of a split is not. */
void
__wrap_random_bytes(void *out, size_t len)
{
	__real_random_bytes(out, len);
	if (len > sizeof(uint16_t))
		VALGRIND_MAKE_MEM_UNDEFINED(out, len);
}

/* Whether a digest fits is told to everybody. */
bool
__wrap_secret_equal(struct span a, struct span b)
{
	bool same = __real_secret_equal(a, b);

	VALGRIND_MAKE_MEM_DEFINED(&same, sizeof(same));
	return same;
}

/* A table as others have it: memcheck must complain. */
static uint8_t
looked_up(uint8_t secret)
{
	static uint8_t table[256] = { 1, 2, 3 };

	return table[secret];
}

static int
split_and_recover(void)
{
	uint8_t secret[SECRET_SIZE], marks[1] = { 0 };
	struct share shares[7];
	struct secret out;
	struct why why;
	int same;

	__real_random_bytes(secret, sizeof(secret));
	VALGRIND_MAKE_MEM_UNDEFINED(secret, sizeof(secret));
	share_split(span_of(secret, sizeof(secret)), 4, 7, 0, shares);
	/* Marks went where they should, or nothing was looked at. */
	(void)VALGRIND_GET_VBITS(shares[6].value, marks, sizeof(marks));
	if (marks[0] != 0xff)
		return 3;
	if (share_recover(shares + 2, 4, span_of(NULL, 0), &out, &why) !=
	    REASON_OK)
		return 4;
	VALGRIND_MAKE_MEM_DEFINED(secret, sizeof(secret));
	VALGRIND_MAKE_MEM_DEFINED(out.ptr, out.len);
	same = memcmp(out.ptr, secret, sizeof(secret)) == 0;
	secret_free(&out);
	return same ? 0 : 5;
}

static void
invert(void)
{
	uint8_t k[3][32];
	size_t i;

	__real_random_bytes(k, sizeof(k));
	for (i = 0; i < 3; i++)
		k[i][0] &= 0x7f;
	VALGRIND_MAKE_MEM_UNDEFINED(k, sizeof(k));
	inverses_p256(k, 3);
}

int
main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		uint8_t secret;

		__real_random_bytes(&secret, 1);
		VALGRIND_MAKE_MEM_UNDEFINED(&secret, 1);
		return looked_up(secret) > 200;
	}
	invert();
	return split_and_recover();
}
