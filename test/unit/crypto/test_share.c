/*
 * Shares against the 45 published vectors, the field against libcrypto's
 * polynomials, and what somebody learns who holds one share too few.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <openssl/bn.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "crypto/keys/field.h"
#include "crypto/keys/share.h"

/* --- the field --- */

/* BN_GF2m_mod_mul over all pairs, BN_GF2m_mod_inv over all elements. */
static void
field_is_libcryptos(void **state)
{
	BIGNUM *p = BN_new(), *a = BN_new(), *b = BN_new(), *r = BN_new();
	BN_CTX *c = BN_CTX_new();
	unsigned x, y;

	(void)state;
	BN_set_word(p, 0x11b);
	for (x = 0; x < 256; x++) {
		BN_set_word(a, x);
		for (y = 0; y < 256; y++) {
			BN_set_word(b, y);
			assert_int_equal(BN_GF2m_mod_mul(r, a, b, p, c), 1);
			assert_int_equal(field_multiply((uint8_t)x, (uint8_t)y),
			    BN_get_word(r));
		}
		if (x == 0)
			continue;
		assert_int_equal(BN_GF2m_mod_inv(r, a, p, c), 1);
		assert_int_equal(field_inverse((uint8_t)x), BN_get_word(r));
	}
	assert_int_equal(field_inverse(0), 0);
	BN_free(p);
	BN_free(a);
	BN_free(b);
	BN_free(r);
	BN_CTX_free(c);
}

/* --- words --- */

static void
words_are_published(void **state)
{
	struct buf text;
	struct why why;
	char all[SHARE_WORD_COUNT * 9 + 1];
	size_t len = 0;
	unsigned i;

	(void)state;
	assert_int_equal(file_read(VECTORS "/kat/slip-0039-wordlist.txt", &text,
			     sizeof(all), &why),
	    REASON_OK);
	for (i = 0; i < SHARE_WORD_COUNT; i++) {
		len += (size_t)sprintf(all + len, "%s\n", share_word(i));
		assert_int_equal(
		    share_word_find(span_str(share_word(i))), (int)i);
		assert_int_equal(
		    share_word_find(span_of(share_word(i), 4)), (int)i);
	}
	assert_true(span_eq(buf_span(&text), span_str(all)));
	assert_int_equal(share_word_find(span_str("ACADEMIC")), 0);
	assert_int_equal(share_word_find(span_str("aca")), -1);
	assert_int_equal(share_word_find(span_str("acade")), -1);
	assert_int_equal(share_word_find(span_str("academics")), -1);
	assert_int_equal(share_word_find(span_str("zzzz")), -1);
	assert_int_equal(share_word_find(span_str("")), -1);
	buf_free(&text);
}

/* --- vectors --- */

static enum reason
vector_recover(json_t *mnemonics, struct secret *out, struct why *why)
{
	struct share shares[SHARES_MAX];
	unsigned count = (unsigned)json_array_size(mnemonics), i;
	enum reason r;

	assert_true(count <= SHARES_MAX);
	for (i = 0; i < count; i++) {
		const char *text =
		    json_string_value(json_array_get(mnemonics, i));
		char again[SHARE_TEXT_SIZE];

		if ((r = share_read(span_str(text), &shares[i], why)) !=
		    REASON_OK)
			return r;
		share_write(&shares[i], again);
		assert_string_equal(again, text);
	}
	return share_recover(shares, count, span_str("TREZOR"), out, why);
}

static void
vectors_hold(void **state)
{
	json_t *all =
	    json_load_file(VECTORS "/kat/slip-0039-vectors.json", 0, NULL);
	unsigned good = 0, bad = 0;
	json_t *row;
	size_t i;

	(void)state;
	assert_int_equal(json_array_size(all), 45);
	json_array_foreach(all, i, row)
	{
		const char *expected =
		    json_string_value(json_array_get(row, 2));
		struct secret secret = { 0 };
		char hex[HEX_SIZE(SHARE_VALUE_MAX)];
		struct why why;
		enum reason r =
		    vector_recover(json_array_get(row, 1), &secret, &why);

		if (expected[0] == '\0') {
			assert_int_not_equal(r, REASON_OK);
			bad++;
			continue;
		}
		assert_int_equal(r, REASON_OK);
		hex_encode(hex, span_of(secret.ptr, secret.len));
		assert_string_equal(hex, expected);
		secret_free(&secret);
		good++;
	}
	assert_int_equal(good, 15);
	assert_int_equal(bad, 30);
	json_decref(all);
}

/* --- splits of our own --- */

#define SECRET_SIZE 48

struct split {
	uint8_t secret[SECRET_SIZE];
	struct share shares[7];
};

static void
split_make(struct split *s)
{
	unsigned i;

	for (i = 0; i < SECRET_SIZE; i++)
		s->secret[i] = (uint8_t)(i * 7 + 1);
	share_split(span_of(s->secret, SECRET_SIZE), 4, 7, 0, s->shares);
}

void __real_random_bytes(void *out, size_t len);
void __wrap_random_bytes(void *out, size_t len);

static const uint16_t *drawn; /* ids that come first, up to 0 */

void
__wrap_random_bytes(void *out, size_t len)
{
	if (drawn != NULL && *drawn != 0 && len == sizeof(*drawn))
		memcpy(out, drawn++, len);
	else
		__real_random_bytes(out, len);
}

/* In the place of an older set it has another id, or its shares would go with those. */
static void
a_new_set_has_another_id(void **state)
{
	static const uint16_t ids[] = { 0x1234, 0x9234, 0x4321, 0 };
	uint8_t secret[SECRET_SIZE] = { 1 };
	struct share shares[3];

	(void)state;
	drawn = ids;
	share_split(span_of(secret, sizeof(secret)), 2, 3, 0x1234, shares);
	drawn = NULL;
	assert_int_equal(shares[0].id, 0x4321);
	assert_int_equal(shares[2].id, 0x4321);
}

/* Every quorum of 4 of 7 gives the secret, through the words. */
static void
quorums_recover(void **state)
{
	struct split s;
	struct share chosen[4];
	char text[SHARE_TEXT_SIZE];
	struct secret out;
	struct why why;
	unsigned mask, i, n, quorums = 0;

	(void)state;
	split_make(&s);
	for (mask = 0; mask < 128; mask++) {
		if (__builtin_popcount(mask) != 4)
			continue;
		for (i = n = 0; i < 7; i++) {
			if ((mask >> i & 1) == 0)
				continue;
			share_write(&s.shares[i], text);
			assert_int_equal(
			    share_read(span_str(text), &chosen[n++], &why),
			    REASON_OK);
		}
		assert_int_equal(
		    share_recover(chosen, 4, span_of(NULL, 0), &out, &why),
		    REASON_OK);
		assert_int_equal(out.len, SECRET_SIZE);
		assert_memory_equal(out.ptr, s.secret, SECRET_SIZE);
		secret_free(&out);
		quorums++;
	}
	assert_int_equal(quorums, 35);
}

static void
refused(const struct share *shares, unsigned count, enum reason expected,
    const char *said)
{
	struct secret out;
	struct why why;

	why_clear(&why);
	assert_int_equal(
	    share_recover(shares, count, span_of(NULL, 0), &out, &why),
	    expected);
	if (strstr(why.text, said) == NULL)
		fail_msg("%s: not said: %s", why.text, said);
}

/* Missing, one too many, twice, foreign, and false without a sign of it. */
static void
bad_shares_are_named(void **state)
{
	struct split s, other;
	struct share given[5];

	(void)state;
	split_make(&s);
	split_make(&other);
	other.shares[4].id = s.shares[0].id ^ 1; /* surely another */
	refused(s.shares, 0, REASON_SHARE_COUNT, "no share");
	refused(s.shares, 3, REASON_SHARE_COUNT, "3 shares");
	refused(s.shares, 5, REASON_SHARE_COUNT, "exactly 4");
	memcpy(given, s.shares, sizeof(given));
	given[3] = s.shares[1];
	refused(given, 4, REASON_SHARE_TWICE, "share 2");
	given[3] = other.shares[4];
	refused(given, 4, REASON_SHARE_FOREIGN, "share 5");
	given[0] = other.shares[4];
	given[3] = s.shares[3];
	refused(given, 4, REASON_SHARE_FOREIGN, "share 5, the 1. ");
	given[0] = s.shares[0];
	given[3].value[17] ^= 1;
	refused(given, 4, REASON_SHARE_DIGEST, "4 shares");
}

static enum reason
read_words(char words[46][9], struct why *why)
{
	char text[SHARE_TEXT_SIZE];
	struct share out;
	size_t len = 0;
	unsigned i;

	for (i = 0; i < 46; i++)
		len += (size_t)sprintf(text + len, "%s ", words[i]);
	why_clear(why);
	return share_read(span_str(text), &out, why);
}

/* Words say how much work they are. A larger exponent than any tool writes would have
 * a ceremony count for minutes or hours. */
static void
costly_shares_are_refused(void **state)
{
	char text[SHARE_TEXT_SIZE];
	struct share share;
	struct split s;
	struct why why;

	(void)state;
	split_make(&s);
	s.shares[0].exponent = SHARE_EXPONENT_MAX;
	share_write(&s.shares[0], text);
	assert_int_equal(share_read(span_str(text), &share, &why), REASON_OK);
	assert_int_equal(share.exponent, SHARE_EXPONENT_MAX);
	s.shares[0].exponent = SHARE_EXPONENT_MAX + 1;
	share_write(&s.shares[0], text);
	assert_int_equal(
	    share_read(span_str(text), &share, &why), REASON_SHARE_FORM);
	assert_non_null(strstr(why.text, "iterations"));
	s.shares[0].exponent = 15;
	share_write(&s.shares[0], text);
	assert_int_equal(
	    share_read(span_str(text), &share, &why), REASON_SHARE_FORM);
	secret_wipe(text, sizeof(text));
}

/* One of a group that there is not would be left out without a word. */
static void
lost_groups_are_refused(void **state)
{
	char text[SHARE_TEXT_SIZE];
	struct share share;
	struct split s;
	struct why why;

	(void)state;
	split_make(&s);
	s.shares[0].groups = 3;
	s.shares[0].group = 2;
	share_write(&s.shares[0], text);
	assert_int_equal(share_read(span_str(text), &share, &why), REASON_OK);
	s.shares[0].group = 3;
	share_write(&s.shares[0], text);
	assert_int_equal(
	    share_read(span_str(text), &share, &why), REASON_SHARE_FORM);
	assert_string_equal(why.text, "share 1 is of group 4 of 3");
	secret_wipe(text, sizeof(text));
}

/* Each word replaced, each pair of neighbours exchanged: RS1024 finds all. */
static void
mistyped_words_are_found(void **state)
{
	char text[SHARE_TEXT_SIZE], words[46][9], kept[9];
	struct split s;
	struct why why;
	unsigned i, number, n = 0;
	char *word, *rest;

	(void)state;
	split_make(&s);
	share_write(&s.shares[2], text);
	for (word = strtok_r(text, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest))
		snprintf(words[n++], sizeof(words[0]), "%s", word);
	assert_int_equal(n, 46);
	assert_int_equal(n, share_words(SECRET_SIZE));
	assert_int_equal(read_words(words, &why), REASON_OK);
	for (i = 0; i < n; i++) {
		memcpy(kept, words[i], sizeof(kept));
		number = (unsigned)share_word_find(span_str(kept));
		memcpy(words[i], share_word((number + 77) & 1023), 9);
		assert_int_equal(
		    read_words(words, &why), REASON_SHARE_CHECKSUM);
		memcpy(words[i], "acadenic", 9);
		assert_int_equal(read_words(words, &why), REASON_SHARE_WORD);
		sprintf(text, "word %u ", i + 1);
		assert_non_null(strstr(why.text, text));
		memcpy(words[i], kept, sizeof(kept));
		if (i == 0 || strcmp(words[i], words[i - 1]) == 0)
			continue;
		memcpy(words[i], words[i - 1], sizeof(kept));
		memcpy(words[i - 1], kept, sizeof(kept));
		assert_int_equal(
		    read_words(words, &why), REASON_SHARE_CHECKSUM);
		memcpy(words[i - 1], words[i], sizeof(kept));
		memcpy(words[i], kept, sizeof(kept));
	}
	assert_int_equal(read_words(words, &why), REASON_OK);
}

/* --- one share too few --- */

/* 255 degrees of freedom: mean 255, deviation 22.6; beyond 430 one in 10^10. */
#define SPLITS	    25600
#define CHI_SQUARED 430

struct tally {
	unsigned of[256];
};

static void
tally_even(const struct tally *t)
{
	double expected = SPLITS / 256.0, chi = 0;
	unsigned i;

	for (i = 0; i < 256; i++) {
		double d = t->of[i] - expected;

		chi += d * d / expected;
	}
	assert_true(chi < CHI_SQUARED);
	/* Nothing random is as even as that, either. */
	assert_true(chi > 255 - 5 * 22.6);
}

/*
 * Of many splits of one secret, 4 of 7: three shares as they are, what one
 * would take for the secret, as if three were enough, and a mixture of all.
 * Each octet of that is any value equally often, and so says nothing.
 */
static void
too_few_reveal_nothing(void **state)
{
	static const uint8_t secrets[2][SHARE_VALUE_MIN] = { { 0 },
		{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	static struct tally single[3], guess[2], mixture;
	struct share shares[7];
	struct field_point points[4];
	uint8_t value[SHARE_VALUE_MIN];
	unsigned which, round, i;

	(void)state;
	for (which = 0; which < 2; which++) {
		memset(single, 0, sizeof(single));
		memset(guess, 0, sizeof(guess));
		memset(&mixture, 0, sizeof(mixture));
		for (round = 0; round < SPLITS; round++) {
			memset(shares, 0, sizeof(shares));
			share_cut(span_of(secrets[which], SHARE_VALUE_MIN), 4,
			    7, shares);
			for (i = 0; i < 3; i++) {
				points[i].x = shares[2 * i].index;
				points[i].y = shares[2 * i].value;
				single[i].of[points[i].y[0]]++;
			}
			mixture.of[points[0].y[0] ^ points[1].y[0] ^
			    points[2].y[0]]++;
			field_interpolate(points, 3, 255, value, sizeof(value));
			guess[0].of[value[0]]++;
			field_interpolate(points, 2, 255, value, sizeof(value));
			guess[1].of[value[0]]++;
		}
		for (i = 0; i < 3; i++)
			tally_even(&single[i]);
		tally_even(&guess[0]);
		tally_even(&guess[1]);
		tally_even(&mixture);
	}
}

/* Two splits of one secret have nothing in common. */
static void
splits_are_fresh(void **state)
{
	struct split a, b;
	unsigned i;

	(void)state;
	split_make(&a);
	split_make(&b);
	for (i = 0; i < 7; i++)
		assert_memory_not_equal(
		    a.shares[i].value, b.shares[i].value, SECRET_SIZE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(field_is_libcryptos),
		cmocka_unit_test(words_are_published),
		cmocka_unit_test(vectors_hold),
		cmocka_unit_test(quorums_recover),
		cmocka_unit_test(bad_shares_are_named),
		cmocka_unit_test(costly_shares_are_refused),
		cmocka_unit_test(lost_groups_are_refused),
		cmocka_unit_test(mistyped_words_are_found),
		cmocka_unit_test(too_few_reveal_nothing),
		cmocka_unit_test(splits_are_fresh),
		cmocka_unit_test(a_new_set_has_another_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
