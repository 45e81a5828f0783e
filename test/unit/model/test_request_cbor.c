/* Voucher-requests in YANG-CBOR: the published examples, keys in all forms, and
 * what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cbor.h>
#include <cmocka.h>

#include "base/text.h"
#include "model/request.h"
#include "model/sid.h"

static struct voucher_request q;
static struct why why;
static uint8_t room[8192];

static struct span
octets(const char *hex)
{
	size_t n = 0;
	int high = -1, digit;

	for (; *hex != '\0'; hex++) {
		if ((digit = text_hex_digit((uint8_t)*hex)) < 0)
			continue;
		if (high >= 0)
			room[n++] = (uint8_t)(high << 4 | digit);
		high = high < 0 ? digit : -1;
	}
	return span_of(room, n);
}

static struct span
example(const char *name)
{
	static char text[8192];
	size_t len;
	FILE *f;

	snprintf(text, sizeof(text), VECTORS "/cbrski-cose/%s", name);
	assert_non_null(f = fopen(text, "rb"));
	len = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[len] = '\0';
	return octets(text);
}

static enum reason
read_it(struct span bytes)
{
	why_clear(&why);
	return request_from_cbor(bytes, &q, &why);
}

/* README of the examples. */
static void
published(void **state)
{
	(void)state;
	assert_int_equal(read_it(example("pvr-nonsigned.hex")), REASON_OK);
	assert_string_equal(q.serial, "JADA123456789");
	assert_string_equal(q.nonce, "I7+7ycK88hM=");
	assert_int_equal(q.proximity_pubk.len, 91);
	assert_int_equal(q.assertion, ASSERTION_PROXIMITY);
	assert_null(q.prior.ptr);
	assert_int_equal(read_it(example("rvr-nonsigned.hex")), REASON_OK);
	assert_string_equal(q.nonce, "I7+7ycK88hM=");
	assert_int_equal(q.prior.len, 201);
	assert_int_equal(q.idevid_issuer.len, 26);
	assert_null(q.proximity_pubk.ptr);
}

/* What we write is read back, is one item for libcbor, and has no names. */
static void
writes_sids(void **state)
{
	struct voucher_request w = { .has_created_on = true,
		.created_on = 1670358210,
		.assertion = ASSERTION_AGENT_PROXIMITY,
		.serial = "AR9-F1-0001",
		.nonce = "MDEyMzQ1Njc=",
		.idevid_issuer = span_str("issuer"),
		.prior = span_str("prior"),
		.proximity_cert = span_str("cert"),
		.proximity_pubk = span_str("pubk"),
		.proximity_pubk_sha256 = span_str("hash") };
	struct cbor_load_result result;
	struct cbor_pair *pairs;
	cbor_item_t *root, *map;
	uint8_t out[512], last = 0;
	size_t len, i;

	(void)state;
	assert_true(request_to_cbor(&w, out, sizeof(out), &len));
	assert_int_equal(read_it(span_of(out, len)), REASON_OK);
	assert_int_equal(q.created_on, w.created_on);
	assert_int_equal(q.assertion, w.assertion);
	assert_string_equal(q.serial, w.serial);
	assert_string_equal(q.nonce, w.nonce);
	assert_true(span_eq(q.idevid_issuer, w.idevid_issuer));
	assert_true(span_eq(q.prior, w.prior));
	assert_true(span_eq(q.proximity_cert, w.proximity_cert));
	assert_true(span_eq(q.proximity_pubk, w.proximity_pubk));
	assert_true(span_eq(q.proximity_pubk_sha256, w.proximity_pubk_sha256));
	root = cbor_load(out, len, &result);
	assert_int_equal(result.read, len);
	assert_int_equal(cbor_get_uint16(cbor_map_handle(root)[0].key), 2501);
	map = cbor_map_handle(root)[0].value;
	pairs = cbor_map_handle(map);
	for (i = 0; i < cbor_map_size(map); i++) {
		assert_true(cbor_isa_uint(pairs[i].key));
		assert_true(cbor_get_uint8(pairs[i].key) > last);
		last = cbor_get_uint8(pairs[i].key);
	}
	assert_int_equal(last, 13);
	cbor_decref(&root);
	/* No room that is too small is overrun or taken for enough. */
	for (i = 0, last = 0; i < result.read; i++)
		assert_false(request_to_cbor(&w, out, i, &len));
	snprintf(w.nonce, sizeof(w.nonce), "1234567890123456!");
	assert_false(request_to_cbor(&w, out, sizeof(out), &len));
}

/* MP 10.4: every leaf that is known of it, and one that is not. */
static void
layout_of_2019(void **state)
{
	static const struct {
		const char *hex;
		enum reason reason;
	} faults[] = {
		{ "a1 1a000f46c2 a1 02 1a5b8e5ab0", REASON_DATE_MALFORMED },
		{ "a1 1a000f46c2 a1 02 c1 20", REASON_DATE_MALFORMED },
		{ "a1 1a000f46c2 a1 07 4831323334353637 38",
		    REASON_PAYLOAD_TYPE },
		{ "a1 1a000f46c2 a1 07 6731323334353637", REASON_NONCE_LENGTH },
		{ "a1 1a000f46c2 a1 0a 6141", REASON_PAYLOAD_TYPE },
		{ "a1 1a000f46c2 a1 0a 4100", REASON_PAYLOAD_TYPE },
		{ "a1 1a000f46c2 a1 0b 6141", REASON_PAYLOAD_TYPE },
		{ "a1 1a000f46c2 a2 0a 4141 0a 4141",
		    REASON_PAYLOAD_DUPLICATE },
		{ "a1 1a000f46c3 a0", REASON_PAYLOAD_ROOT },
	};
	size_t i;

	(void)state;
	assert_int_equal(read_it(octets("a1 1a000f46c2 a7 01 6970726f78696d6974"
					"79 02 c1 1a5b8e5ab0 07 683132333435363"
					"738 0a 4141 0b 4170 0c 4163 0d 00")),
	    REASON_OK);
	assert_int_equal(q.legacy, LEGACY(LEGACY_LAYOUT_2019));
	assert_int_equal(q.assertion, ASSERTION_PROXIMITY);
	assert_true(q.has_created_on);
	assert_int_equal(q.created_on, 0x5b8e5ab0);
	assert_string_equal(q.nonce, "12345678");
	assert_string_equal(q.serial, "A");
	assert_true(span_is(q.prior, "p"));
	assert_true(span_is(q.proximity_cert, "c"));
	assert_string_equal(q.unknown, "1001167");
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (read_it(octets(faults[i].hex)) != faults[i].reason)
			fail_msg("%s: %s", faults[i].hex, why.text);
}

/* Root, {serial-number "A", nonce of eight} by SID; by name; absolute. */
static void
forms_of_keys(void **state)
{
	static const char *const same[] = {
		"a1 1909c5 a2 0d 6141 07 483031323334353637",
		"a1 781c "
		"696574662d766f75636865722d726571756573743a766f7563686572"
		" a2 6d 73657269616c2d6e756d626572 6141 07 483031323334353637",
		"a1 1909c5 a2 d82f1909d2 6141 656e6f6e6365 48 3031323334353637",
		/* manufacturer-private, as it was called */
		("a1 1909c5 a3 0d 6141 07 483031323334353637 74"
		 " 6d616e7566616374757265722d70726976617465 40"),
		/* indefinite maps, longer heads, an unknown leaf */
		"bf 1909c5 bf 180d 6141 07 5808 3031323334353637 1863 80 ff ff",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		if (read_it(octets(same[i])) != REASON_OK)
			fail_msg("%s: %s", same[i], why.text);
		assert_string_equal(q.serial, "A");
		assert_string_equal(q.nonce, "MDEyMzQ1Njc=");
		assert_string_equal(q.unknown,
		    i + 1 < sizeof(same) / sizeof(same[0]) ? "" : "2600");
	}
}

static void
refusals(void **state)
{
	static const struct {
		const char *hex;
		enum reason reason;
	} cases[] = {
		{ "", REASON_PAYLOAD_MALFORMED },
		{ "a1 1909c5 a1", REASON_PAYLOAD_MALFORMED },
		{ "a1 190993 a0", REASON_PAYLOAD_ROOT }, /* a voucher */
		{ "a2 1909c5 a0 00 00", REASON_PAYLOAD_ROOT },
		{ "a1 1909c5 a0 00", REASON_PAYLOAD_MALFORMED },
		{ "bf 1909c5 a0 00 00 ff", REASON_PAYLOAD_ROOT },
		{ "a1 1909c5 80", REASON_PAYLOAD_TYPE },
		{ "a1 1909c5 a1 f5 00", REASON_PAYLOAD_TYPE },
		{ "a1 1909c5 a2 0d 6141 0d 6141", REASON_PAYLOAD_DUPLICATE },
		{ "a1 1909c5 a2 0d 6141 6d 73657269616c2d6e756d626572 6141",
		    REASON_PAYLOAD_DUPLICATE },
		/* Leaves that nobody knows: by number, longer, absolute, by name;
		 * and two that are different. */
		{ "a1 1909c5 a2 1863 00 1863 01", REASON_PAYLOAD_DUPLICATE },
		{ "a1 1909c5 a2 1863 00 190063 00", REASON_PAYLOAD_DUPLICATE },
		{ "a1 1909c5 a2 1863 00 d82f190a28 00",
		    REASON_PAYLOAD_DUPLICATE },
		{ "a1 1909c5 a3 6178 00 6179 00 6178 00",
		    REASON_PAYLOAD_DUPLICATE },
		{ "a1 1909c5 a2 d82f1b0000000100000000 00 "
		  "d82f1b0000000100000001 00",
		    REASON_OK },
		{ "a1 1909c5 a1 d82f1b8000000000000000 00",
		    REASON_PAYLOAD_TYPE },
		{ "a1 1909c5 a1 0d 4141", REASON_PAYLOAD_TYPE },
		{ "a1 1909c5 a1 0d 60", REASON_PAYLOAD_TYPE },
		{ "a1 1909c5 a1 07 6830313233343536 37", REASON_PAYLOAD_TYPE },
		{ "a1 1909c5 a1 07 4730313233343536", REASON_NONCE_LENGTH },
		{ "a1 1909c5 a1 02 00", REASON_PAYLOAD_TYPE },
		{ "a1 1909c5 a1 02 6141", REASON_DATE_MALFORMED },
		{ "a1 1909c5 a1 01 6141", REASON_PAYLOAD_TYPE },
		{ "a1 1909c5 a1 09 6141", REASON_PAYLOAD_TYPE },
		{ "a1 1909c5 a1 01 04", REASON_OK }, /* claims nothing */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (read_it(octets(cases[i].hex)) != cases[i].reason)
			fail_msg("%s: %s", cases[i].hex, why.text);
}

/* As many unknown leaves as are remembered, and one more. */
static void
many_unknown(void **state)
{
	unsigned n, i;
	size_t len;

	(void)state;
	for (n = SID_KEYS_MAX; n <= SID_KEYS_MAX + 1; n++) {
		len = octets("a1 1909c5 b9 0000").len;
		room[len - 2] = (uint8_t)(n >> 8);
		room[len - 1] = (uint8_t)n;
		for (i = 0; i < n; i++) {
			room[len++] = 0x19; /* 256 and on */
			room[len++] = (uint8_t)(1 + i / 256);
			room[len++] = (uint8_t)i;
			room[len++] = 0xf6;
		}
		assert_int_equal(read_it(span_of(room, len)),
		    n == SID_KEYS_MAX ? REASON_OK : REASON_PAYLOAD_MALFORMED);
	}
	/* The first of them, cut off as a whole list is. */
	assert_int_equal(strlen(q.unknown), NAMES_TEXT_SIZE - 1);
	assert_memory_equal(q.unknown, "2757,2758,", 10);
}

/* { 2501: { 13: "A-1", 21: ["a", 7], 15: [h'01', h'02'] } }, and a list that is
 * none. */
static void
reads_lists(void **state)
{
	static const uint8_t good[] = { 0xa1, 0x19, 0x09, 0xc5, 0xa3, 0x0d,
		0x63, 'A', '-', '1', 0x15, 0x82, 0x61, 'a', 0x07, 0x0f, 0x82,
		0x41, 1, 0x41, 2 };
	static const uint8_t bad[] = { 0xa1, 0x19, 0x09, 0xc5, 0xa1, 0x15, 0x61,
		'a' };
	struct voucher_request r;

	(void)state;
	assert_int_equal(
	    request_from_cbor(span_of(good, sizeof(good)), &r, &why),
	    REASON_OK);
	assert_string_equal(r.extensions, "a,7");
	assert_int_equal(r.agent_certificates_len, 2);
	assert_true(span_eq(r.agent_certificates[1], span_of("\2", 1)));
	assert_int_equal(request_from_cbor(span_of(bad, sizeof(bad)), &r, &why),
	    REASON_PAYLOAD_TYPE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published),
		cmocka_unit_test(writes_sids),
		cmocka_unit_test(layout_of_2019),
		cmocka_unit_test(reads_lists),
		cmocka_unit_test(forms_of_keys),
		cmocka_unit_test(refusals),
		cmocka_unit_test(many_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
