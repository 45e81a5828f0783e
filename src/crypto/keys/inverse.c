/*
 * Inverses modulo the order of P-256, see inverse.h: Fermat's k^(n-2), with
 * numbers of four 64-bit words, lowest first, in Montgomery's form (a number a
 * stands as a * 2^256 mod n). The exponent is public, so its digits may choose
 * what is multiplied; the values never do.
 */
#include "crypto/keys/inverse.h"

#include "base/fatal.h"
#include "base/secret.h"

#define WORDS 4

__extension__ typedef unsigned __int128 wide;

/* The order (SEC 2 2.4.2), -n^-1 mod 2^64, and 2^512 mod n. */
static const uint64_t ORDER[WORDS] = { 0xf3b9cac2fc632551, 0xbce6faada7179e84,
	0xffffffffffffffff, 0xffffffff00000000 };
static const uint64_t ORDER_FACTOR = 0xccd1c8aaee00bc4f;
static const uint64_t SQUARE[WORDS] = { 0x83244c95be79eea2, 0x4699799c49bd6fa6,
	0x2845b2392b6bec59, 0x66e12d94f3d95620 };
static const uint64_t ONE[WORDS] = { 1 };
/* n - 2, highest octet first. */
static const uint8_t EXPONENT[32] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
	0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x4f };

/* out = t - n if t (with its fifth word) is at least n, else t. */
static void
reduce(uint64_t out[WORDS], const uint64_t t[WORDS + 1])
{
	uint64_t less[WORDS], borrow = 0, keep;
	unsigned i;

	for (i = 0; i < WORDS; i++) {
		wide d = (wide)t[i] - ORDER[i] - borrow;

		less[i] = (uint64_t)d;
		borrow = (uint64_t)(d >> 64) & 1;
	}
	/* All ones where the subtraction went below zero. */
	keep = 0 - (uint64_t)(borrow > t[WORDS]);
	for (i = 0; i < WORDS; i++)
		out[i] = (t[i] & keep) | (less[i] & ~keep);
}

/* *t + a * b + carry: the low word goes to *t, the high one is returned. */
static inline uint64_t
add_product(uint64_t *t, uint64_t a, uint64_t b, uint64_t carry)
{
	wide sum = (wide)a * b + *t + carry;

	*t = (uint64_t)sum;
	return (uint64_t)(sum >> 64);
}

/* t = (t + a * b + m * n) / 2^64, where m clears the lowest word. Loops written
 * out: gcc would keep t in memory otherwise, at three times the cost. */
static inline void
add_row(uint64_t t[WORDS + 1], const uint64_t a[WORDS], uint64_t b)
{
	uint64_t t0 = t[0], t1 = t[1], t2 = t[2], t3 = t[3], t4 = t[4];
	uint64_t carry, m, top;

	carry = add_product(&t0, a[0], b, 0);
	carry = add_product(&t1, a[1], b, carry);
	carry = add_product(&t2, a[2], b, carry);
	carry = add_product(&t3, a[3], b, carry);
	t4 += carry;
	top = t4 < carry;
	m = t0 * ORDER_FACTOR;
	carry = add_product(&t0, m, ORDER[0], 0);
	carry = add_product(&t1, m, ORDER[1], carry);
	carry = add_product(&t2, m, ORDER[2], carry);
	carry = add_product(&t3, m, ORDER[3], carry);
	t4 += carry;
	top += t4 < carry;
	t[0] = t1;
	t[1] = t2;
	t[2] = t3;
	t[3] = t4;
	t[4] = top;
}

/* out = a * b * 2^-256 mod n; out may be a or b. */
static void
multiply(uint64_t out[WORDS], const uint64_t a[WORDS], const uint64_t b[WORDS])
{
	uint64_t t[WORDS + 1] = { 0 };

	add_row(t, a, b[0]);
	add_row(t, a, b[1]);
	add_row(t, a, b[2]);
	add_row(t, a, b[3]);
	reduce(out, t);
}

static void
words_read(uint64_t out[WORDS], const uint8_t bytes[32])
{
	unsigned i;

	memset(out, 0, WORDS * sizeof(out[0]));
	for (i = 0; i < 32; i++)
		out[i / 8] |= (uint64_t)bytes[31 - i] << (i % 8 * 8);
}

static void
words_write(const uint64_t words[WORDS], uint8_t out[32])
{
	unsigned i;

	for (i = 0; i < 32; i++)
		out[31 - i] = (uint8_t)(words[i / 8] >> (i % 8 * 8));
}

/* out = x^-1, both in Montgomery's form. */
static void
invert(const uint64_t a[WORDS], uint64_t out[WORDS])
{
	uint64_t power[16][WORDS], x[WORDS];
	unsigned i, j, digit;

	multiply(power[0], ONE, SQUARE);
	memcpy(power[1], a, sizeof(power[1]));
	for (i = 2; i < 16; i++)
		multiply(power[i], power[i - 1], power[1]);
	memcpy(x, power[0], sizeof(x));
	for (i = 0; i < 64; i++) {
		for (j = 0; j < 4; j++)
			multiply(x, x, x);
		digit =
		    i % 2 == 0 ? EXPONENT[i / 2] >> 4 : EXPONENT[i / 2] & 15;
		if (digit != 0)
			multiply(x, x, power[digit]);
	}
	memcpy(out, x, sizeof(x));
	secret_wipe(power, sizeof(power));
	secret_wipe(x, sizeof(x));
}

/* Montgomery's trick: the product of all is inverted, then what is not its own
 * is taken away from each. */
void
inverses_p256(uint8_t k[][32], size_t len)
{
	uint64_t x[INVERSES_MAX][WORDS], before[INVERSES_MAX + 1][WORDS];
	uint64_t inverse[WORDS], own[WORDS];
	size_t i;

	if (len > INVERSES_MAX)
		fatal("%zu inverses at once", len);
	multiply(before[0], ONE, SQUARE);
	for (i = 0; i < len; i++) {
		words_read(x[i], k[i]);
		multiply(x[i], x[i], SQUARE);
		multiply(before[i + 1], before[i], x[i]);
	}
	invert(before[len], inverse);
	while (i-- > 0) {
		multiply(own, inverse, before[i]);
		multiply(inverse, inverse, x[i]);
		multiply(own, own, ONE);
		words_write(own, k[i]);
	}
	secret_wipe(x, sizeof(x));
	secret_wipe(before, sizeof(before));
	secret_wipe(inverse, sizeof(inverse));
	secret_wipe(own, sizeof(own));
}
