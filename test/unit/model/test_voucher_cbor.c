/* Vouchers in YANG-CBOR: keys by SID, by name, absolute and mixed say the same
 * (MP 10.2); the bytes are written by libcbor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cbor.h>
#include <cmocka.h>

#include "base/text.h"
#include "model/voucher.h"

#define CERTIFICATE "\x30\x01\xff"

static struct voucher v;
static struct why why;
static uint8_t room[4096];
static bool old; /* est-domain under 2466 is read */

enum key_form { BY_SID, BY_NAME, ABSOLUTE, MIXED };

static const struct {
	const char *name;
	uint8_t delta;
} keys[] = {
	{ "assertion", 1 },
	{ "created-on", 2 },
	{ "domain-cert-revocation-checks", 3 },
	{ "idevid-issuer", 5 },
	{ "nonce", 7 },
	{ "pinned-domain-cert", 8 },
	{ "serial-number", 11 },
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static cbor_item_t *
key_item(enum key_form form, size_t i)
{
	if (form == BY_NAME || (form == MIXED && i % 2 == 0))
		return cbor_move(cbor_build_string(keys[i].name));
	if (form == ABSOLUTE || (form == MIXED && i % 3 == 0))
		return cbor_move(cbor_build_tag(47,
		    cbor_move(
			cbor_build_uint16((uint16_t)(2451 + keys[i].delta)))));
	return cbor_move(cbor_build_uint8(keys[i].delta));
}

static cbor_item_t *
value_item(size_t i)
{
	switch (keys[i].delta) {
	case 1:
		return cbor_move(cbor_build_uint8(2));
	case 2:
		return cbor_move(cbor_build_string("2022-12-06T20:23:30Z"));
	case 3:
		return cbor_move(cbor_build_bool(false));
	case 5:
		return cbor_move(
		    cbor_build_bytestring((cbor_data) "\x04\x02\x30\x00", 4));
	case 7:
		return cbor_move(
		    cbor_build_bytestring((cbor_data) "01234567", 8));
	case 8:
		return cbor_move(
		    cbor_build_bytestring((cbor_data)CERTIFICATE, 3));
	default:
		return cbor_move(cbor_build_string("JADA123456789"));
	}
}

static struct span
build(enum key_form form, const char *root)
{
	cbor_item_t *inner = cbor_new_definite_map(KEYS);
	cbor_item_t *outer = cbor_new_definite_map(1);
	size_t i, n;

	for (i = 0; i < KEYS; i++)
		assert_true(cbor_map_add(inner,
		    (struct cbor_pair){ key_item(form, i), value_item(i) }));
	assert_true(cbor_map_add(outer,
	    (struct cbor_pair){ root == NULL
		    ? cbor_move(cbor_build_uint16(2451))
		    : cbor_move(cbor_build_string(root)),
		cbor_move(inner) }));
	n = cbor_serialize(outer, room, sizeof(room));
	assert_true(n > 0);
	cbor_decref(&outer);
	return span_of(room, n);
}

static void
all_forms_say_the_same(void **state)
{
	enum key_form form;
	int named;

	(void)state;
	for (form = BY_SID; form <= MIXED; form++)
		for (named = 0; named < 2; named++) {
			struct span bytes =
			    build(form, named ? "ietf-voucher:voucher" : NULL);

			assert_int_equal(
			    voucher_from_cbor(bytes, false, &v, &why),
			    REASON_OK);
			assert_string_equal(v.serial, "JADA123456789");
			assert_string_equal(v.nonce, "MDEyMzQ1Njc=");
			assert_int_equal(v.assertion, ASSERTION_PROXIMITY);
			assert_int_equal(v.created_on, 1670358210);
			assert_true(
			    v.has_revocation_checks && !v.revocation_checks);
			assert_int_equal(v.idevid_issuer.len, 4);
			assert_true(span_eq(
			    v.pinned_domain_cert, span_of(CERTIFICATE, 3)));
		}
}

/* Bytes in hexadecimal without the root, which is put in front. */
static enum reason
read_hex(const char *hex)
{
	size_t n = 0;
	unsigned octet;

	for (; sscanf(hex, "%2x", &octet) == 1; hex += 2)
		room[n++] = (uint8_t)octet;
	why_clear(&why);
	return voucher_from_cbor(span_of(room, n), old, &v, &why);
}

/* {1: 2, 8: h'30', 11: "A"} and what may be wrong with it */
#define GOOD "a1190993a301020841300b6141"

static void
refusals(void **state)
{
	static const char *const bad[] = {
		"",
		"a1190993a301020841300b614100",	  /* an octet behind the end */
		"a11909c5a301020841300b6141",	  /* a request */
		"a2190993a301020841300b614100f5", /* two roots */
		"a1190993a201020b6141",		  /* no pin */
		"a1190993a401020841300941310b6141", /* two pins */
		"a1190993a201020841300",
		"a1190993a20841300b6141",	    /* no assertion */
		"a1190993a301040841300b6141",	    /* assertion 4 */
		"a1190993a20102084130",		    /* no serial-number */
		"a1190993a401020841300b61410b6142", /* serial-number twice */
		/* by SID and by name */
		"a1190993a401020841300b61416d73657269616c2d6e756d6265726142",
		"a1190993a401020747313233343536370841300b6141", /* nonce of 7 */
		"a1190993a401020841300b614102783f", /* a date cut off */
		"a1190993a401020841300b61410a4130", /* two pins, bad hash */
		"a1190993a301020861300b6141",	    /* the pin is a text */
		"a1190993a30102f541300b6141",	    /* a key that is true */
		"a1190993a301020841300b610a", /* a serial of a line feed */
		"83010203",
	};
	size_t i;

	(void)state;
	assert_int_equal(read_hex(GOOD), REASON_OK);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (read_hex(bad[i]) != REASON_VOUCHER_MALFORMED)
			fail_msg("%s", bad[i]);
}

/* Raw keys as pins, and leaves that nobody knows (RFC 8995 5.6.1). */
static void
other_pins(void **state)
{
	(void)state;
	assert_int_equal(read_hex("a1190993a301020941300b6141"), REASON_OK);
	assert_int_equal(v.pinned_domain_pubk.len, 1);
	assert_int_equal(
	    read_hex("a1190993a301020a582000112233445566778899aabbccddeeff"
		     "00112233445566778899aabbccddeeff0b6141"),
	    REASON_OK);
	assert_int_equal(v.pinned_domain_pubk_sha256.len, 32);
	assert_int_equal(
	    read_hex("a1190993a501020841300b6141"), REASON_VOUCHER_MALFORMED);
	assert_int_equal(
	    read_hex("a1190993a501020841300b6141181e8101636e6577a0"),
	    REASON_OK);
}

/* MP 15.2, by SID, by name, and under the number of 2023 (MP 16 row 17). */
static void
cloud_leaves(void **state)
{
	(void)state;
	assert_int_equal(read_hex("a1190993a601020841300b61410c61620d61630e42"
				  "0001"),
	    REASON_OK);
	assert_string_equal(v.configuration_url, "b");
	assert_string_equal(v.est_domain, "c");
	assert_true(span_eq(v.proprietary, span_of("\0\1", 2)));
	assert_int_equal(
	    read_hex("a1190993a401020841300b61416a6573742d646f6d61696e6163"),
	    REASON_OK);
	assert_string_equal(v.est_domain, "c");
	/* By the name that it had, and not by both. */
	assert_int_equal(read_hex("a1190993a401020841300b6141746d616e7566616374"
				  "757265722d70726976617465420001"),
	    REASON_OK);
	assert_true(span_eq(v.proprietary, span_of("\0\1", 2)));
	assert_int_equal(read_hex("a1190993a501020841300b61410e4178746d616e7566"
				  "616374757265722d70726976617465420001"),
	    REASON_VOUCHER_MALFORMED);
	/* 15 is a list of extensions, and was a text. */
	assert_int_equal(
	    read_hex("a1190993a401020841300b61410f816162"), REASON_OK);
	assert_string_equal(v.est_domain, "");
	assert_int_equal(read_hex("a1190993a401020841300b61410f6163"),
	    REASON_VOUCHER_MALFORMED);
	assert_non_null(strstr(why.text, "--legacy-est-domain"));
	old = true;
	assert_int_equal(
	    read_hex("a1190993a401020841300b61410f6163"), REASON_OK);
	assert_string_equal(v.est_domain, "c");
	assert_int_equal(
	    read_hex("a1190993a401020841300b61410f816162"), REASON_OK);
	/* Two of them are one too many. */
	assert_int_equal(read_hex("a1190993a501020841300b61410d61620f6163"),
	    REASON_VOUCHER_MALFORMED);
	old = false;
}

/* The published voucher, read and written again, is the same octets but for its
 * date, which has fractions of a second there (MP 16 row 23). */
static void
writes_the_example(void **state)
{
	static char text[4096];
	static uint8_t again[2048];
	size_t n = 0, i, len;
	int high = -1, digit;
	FILE *f;

	(void)state;
	assert_non_null(
	    f = fopen(VECTORS "/cbrski-cose/voucher-nonsigned.hex", "rb"));
	len = fread(text, 1, sizeof(text), f);
	fclose(f);
	for (i = 0; i < len; i++) {
		if ((digit = text_hex_digit((uint8_t)text[i])) < 0)
			continue;
		if (high >= 0)
			room[n++] = (uint8_t)(high << 4 | digit);
		high = high < 0 ? digit : -1;
	}
	assert_int_equal(
	    voucher_from_cbor(span_of(room, n), old, &v, &why), REASON_OK);
	assert_true(voucher_to_cbor(&v, again, sizeof(again), &len));
	assert_int_equal(len, n - 5);
	assert_memory_equal(again, room, 8);
	assert_memory_equal(again + 8,
	    "\x74"
	    "2022-12-06T20:23:30Z",
	    21);
	assert_memory_equal(again + 29, room + 34, n - 34);
	for (i = 0; i < n - 5; i++)
		assert_false(voucher_to_cbor(&v, again, i, &len));
}

/* MP 10.4, by libcbor: the numbers of 2019, and what they hold. */
static void
layout_of_2019(void **state)
{
	struct voucher w = { .created_on = 1535793328,
		.assertion = ASSERTION_PROXIMITY,
		.serial = "JADA123456789",
		.nonce = "abcd1234",
		.pinned_domain_cert = span_of(CERTIFICATE, 3) };
	struct cbor_load_result result;
	struct cbor_pair *p;
	cbor_item_t *root;
	uint8_t out[256];
	size_t len, i;

	(void)state;
	assert_true(voucher_to_2019(&w, out, sizeof(out), &len));
	root = cbor_load(out, len, &result);
	assert_int_equal(result.read, len);
	assert_int_equal(
	    cbor_get_uint32(cbor_map_handle(root)[0].key), 1001100);
	p = cbor_map_handle(cbor_map_handle(root)[0].value);
	assert_int_equal(cbor_map_size(cbor_map_handle(root)[0].value), 5);
	assert_int_equal(cbor_get_uint8(p[0].key), 5);
	assert_memory_equal(cbor_string_handle(p[0].value), "proximity", 9);
	assert_int_equal(cbor_get_uint8(p[1].key), 6);
	assert_int_equal(cbor_tag_value(p[1].value), 1);
	assert_int_equal(
	    cbor_get_uint32(cbor_move(cbor_tag_item(p[1].value))), 1535793328);
	assert_int_equal(cbor_get_uint8(p[2].key), 11);
	assert_memory_equal(cbor_string_handle(p[2].value), "abcd1234", 8);
	assert_int_equal(cbor_get_uint8(p[3].key), 12);
	assert_memory_equal(cbor_string_handle(p[3].value), "MAH/", 4);
	assert_int_equal(cbor_get_uint8(p[4].key), 14);
	assert_memory_equal(
	    cbor_bytestring_handle(p[4].value), "JADA123456789", 13);
	cbor_decref(&root);
	for (i = 0; i < len; i++)
		assert_false(voucher_to_2019(&w, out, i, &len));
	/* What it cannot say, it does not leave out. */
	w.expires_on = 1535793329;
	assert_false(voucher_to_2019(&w, out, sizeof(out), &len));
	w.expires_on = 0;
	memcpy(w.est_domain, "https://a", 10);
	assert_false(voucher_to_2019(&w, out, sizeof(out), &len));
	w.est_domain[0] = '\0';
	w.pinned_domain_pubk = w.pinned_domain_cert;
	w.pinned_domain_cert = span_of(NULL, 0);
	assert_false(voucher_to_2019(&w, out, sizeof(out), &len));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_forms_say_the_same),
		cmocka_unit_test(refusals),
		cmocka_unit_test(other_pins),
		cmocka_unit_test(cloud_leaves),
		cmocka_unit_test(layout_of_2019),
		cmocka_unit_test(writes_the_example),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
