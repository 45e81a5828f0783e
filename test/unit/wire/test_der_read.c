/* DER reader: good and bad elements at every boundary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "sample.h"
#include "wire/der.h"

struct row {
	const char *hex;
	enum wire_error error;
	const char *content; /* in hex, of what was accepted */
};

typedef enum wire_error reader(struct der *, struct span *);

/* Every row: the error, the content, and a cursor that stays on refusal and
 * stands behind the element otherwise. */
static void
rows_check(const struct row *rows, size_t count, bool ber, reader *read)
{
	struct span bytes, content, expected;
	enum wire_error error;
	struct der d;
	size_t i;

	for (i = 0; i < count; i++) {
		bytes = sample_hex(rows[i].hex);
		der_open(&d, bytes);
		d.ber = ber;
		content = span_of(NULL, 0);
		error = read(&d, &content);
		if (error != rows[i].error)
			fail_msg("%s: %s", rows[i].hex, wire_error_text(error));
		assert_ptr_equal(d.pos,
		    error == WIRE_OK ? bytes.ptr + bytes.len : bytes.ptr);
		if (error != WIRE_OK || rows[i].content == NULL)
			continue;
		expected = sample_hex(rows[i].content);
		if (!span_eq(content, expected))
			fail_msg("%s: content", rows[i].hex);
	}
	sample_release();
}

#define ROWS(rows, ber, read) \
	rows_check(rows, sizeof(rows) / sizeof(*rows), ber, read)

static enum wire_error
read_any(struct der *d, struct span *content)
{
	struct span whole = { NULL, 0 };
	const uint8_t *begin = d->pos;
	enum wire_error error = der_any(d, NULL, content, &whole);

	if (error == WIRE_OK) {
		assert_ptr_equal(whole.ptr, begin);
		assert_ptr_equal(whole.ptr + whole.len, d->pos);
	}
	return error;
}

static void
headers(void **state)
{
	static const struct row rows[] = {
		{ "", WIRE_TRUNCATED, NULL },
		{ "04", WIRE_TRUNCATED, NULL },
		{ "0400", WIRE_OK, "" },
		{ "0401", WIRE_TRUNCATED, NULL },
		{ "0401aa", WIRE_OK, "aa" },
		{ "3003020105", WIRE_OK, "020105" },
		{ "8000", WIRE_OK, "" },
		{ "be00", WIRE_OK, "" },
		{ "de00", WIRE_OK, "" },
		/* tag numbers over 30 */
		{ "1f0100", WIRE_TAG, NULL },
		{ "bf1f00", WIRE_TAG, NULL },
		{ "ff", WIRE_TAG, NULL },
		/* end of contents is no element */
		{ "0000", WIRE_TAG, NULL },
		{ "2000", WIRE_TAG, NULL },
		/* indefinite, reserved and giant lengths */
		{ "30800000", WIRE_LENGTH, NULL },
		{ "04ff", WIRE_LENGTH, NULL },
		{ "04850000000001aa", WIRE_LENGTH, NULL },
		{ "0484ffffffff", WIRE_TRUNCATED, NULL },
		{ "0484ffffff", WIRE_TRUNCATED, NULL },
		{ "0481", WIRE_TRUNCATED, NULL },
		{ "0482", WIRE_TRUNCATED, NULL },
		{ "048201", WIRE_TRUNCATED, NULL },
		/* longer than they must be */
		{ "048100", WIRE_LENGTH, NULL },
		{ "048101aa", WIRE_LENGTH, NULL },
		{ "04817f", WIRE_LENGTH, NULL },
		{ "048180", WIRE_TRUNCATED, NULL },
		{ "04820080", WIRE_LENGTH, NULL },
		{ "048200ff", WIRE_LENGTH, NULL },
		{ "04820100", WIRE_TRUNCATED, NULL },
		{ "0483000100", WIRE_LENGTH, NULL },
		{ "0483010000", WIRE_TRUNCATED, NULL },
		{ "048400010000", WIRE_LENGTH, NULL },
	};
	static const struct row lenient[] = {
		{ "048101aa", WIRE_OK, "aa" },
		{ "04820001aa", WIRE_OK, "aa" },
		{ "048400000001aa", WIRE_OK, "aa" },
		{ "04850000000001aa", WIRE_LENGTH, NULL },
		{ "3080020105", WIRE_LENGTH, NULL },
		{ "30800000", WIRE_LENGTH, NULL },
		{ "0481", WIRE_TRUNCATED, NULL },
		{ "048102aa", WIRE_TRUNCATED, NULL },
		{ "1f0100", WIRE_TAG, NULL },
	};

	(void)state;
	ROWS(rows, false, read_any);
	ROWS(lenient, true, read_any);
}

/* 7f, 80, ff, 100, ffff and 10000 octets: each with its one length. */
static void
length_boundaries(void **state)
{
	static const struct {
		size_t len;
		const char *header;
	} rows[] = {
		{ 0x7f, "047f" },
		{ 0x80, "048180" },
		{ 0xff, "0481ff" },
		{ 0x100, "04820100" },
		{ 0xffff, "0482ffff" },
		{ 0x10000, "0483010000" },
	};
	static uint8_t bytes[0x10010];
	struct span header, content;
	struct der d;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		header = sample_hex(rows[i].header);
		memcpy(bytes, header.ptr, header.len);
		der_open(&d, sample_copy(bytes, header.len + rows[i].len));
		assert_int_equal(der_octets(&d, &content), WIRE_OK);
		assert_int_equal(content.len, rows[i].len);
		assert_int_equal(der_end(&d), WIRE_OK);
		der_open(&d, sample_copy(bytes, header.len + rows[i].len - 1));
		assert_int_equal(der_octets(&d, &content), WIRE_TRUNCATED);
	}
	sample_release();
}

static enum wire_error
read_bool(struct der *d, struct span *content)
{
	static uint8_t octet;
	bool value = false;
	enum wire_error error = der_bool(d, &value);

	octet = value ? 0xff : 0;
	*content = span_of(&octet, 1);
	return error;
}

static enum wire_error
read_uint(struct der *d, struct span *content)
{
	static uint8_t octets[8];
	uint64_t value = 0;
	enum wire_error error = der_uint(d, &value);
	int i;

	for (i = 7; i >= 0; i--, value >>= 8)
		octets[i] = (uint8_t)value;
	*content = span_of(octets, 8);
	return error;
}

static void
booleans_and_null(void **state)
{
	static const struct row booleans[] = {
		{ "010100", WIRE_OK, "00" },
		{ "0101ff", WIRE_OK, "ff" },
		{ "010101", WIRE_VALUE, NULL },
		{ "0101fe", WIRE_VALUE, NULL },
		{ "0100", WIRE_VALUE, NULL },
		{ "0102ffff", WIRE_VALUE, NULL },
		{ "2101ff", WIRE_TAG, NULL },
		{ "0101", WIRE_TRUNCATED, NULL },
	};
	struct der d;

	(void)state;
	ROWS(booleans, false, read_bool);
	der_open(&d, sample_hex("0500"));
	assert_int_equal(der_null(&d), WIRE_OK);
	assert_int_equal(der_null(&d), WIRE_TRUNCATED);
	der_open(&d, sample_hex("050100"));
	assert_int_equal(der_null(&d), WIRE_VALUE);
	der_open(&d, sample_hex("0400"));
	assert_int_equal(der_null(&d), WIRE_TAG);
	sample_release();
}

static void
integers(void **state)
{
	static const struct row any[] = {
		{ "020100", WIRE_OK, "00" },
		{ "02017f", WIRE_OK, "7f" },
		{ "020180", WIRE_OK, "80" },
		{ "0201ff", WIRE_OK, "ff" },
		{ "02020080", WIRE_OK, "0080" },
		{ "0202ff7f", WIRE_OK, "ff7f" },
		{ "02020100", WIRE_OK, "0100" },
		{ "0200", WIRE_VALUE, NULL },
		{ "02020000", WIRE_VALUE, NULL },
		{ "0202007f", WIRE_VALUE, NULL },
		{ "0202ff80", WIRE_VALUE, NULL },
		{ "0202ffff", WIRE_VALUE, NULL },
		{ "0a0100", WIRE_TAG, NULL },
		{ "220100", WIRE_TAG, NULL },
	};
	static const struct row natural[] = {
		{ "020100", WIRE_OK, "0000000000000000" },
		{ "02020080", WIRE_OK, "0000000000000080" },
		{ "02087fffffffffffffff", WIRE_OK, "7fffffffffffffff" },
		{ "020900ffffffffffffffff", WIRE_OK, "ffffffffffffffff" },
		{ "0209010000000000000000", WIRE_VALUE, NULL },
		{ "020a00ffffffffffffffffff", WIRE_VALUE, NULL },
		{ "0201ff", WIRE_VALUE, NULL },
		{ "0208ffffffffffffff7f", WIRE_VALUE, NULL },
		{ "0202007f", WIRE_VALUE, NULL },
		{ "0200", WIRE_VALUE, NULL },
	};

	(void)state;
	ROWS(any, false, der_integer);
	ROWS(natural, false, read_uint);
}

static void
object_identifiers(void **state)
{
	static const struct row rows[] = {
		{ "06022a86", WIRE_VALUE, NULL }, /* ends inside an arc */
		{ "06062a864886f70d", WIRE_OK, "2a864886f70d" },
		{ "060100", WIRE_OK, "00" },
		{ "06028137", WIRE_OK, "8137" },
		{ "0600", WIRE_VALUE, NULL },
		{ "060180", WIRE_VALUE, NULL },
		{ "06028001", WIRE_VALUE, NULL },
		{ "06032a8001", WIRE_VALUE, NULL },
		{ "06042a818000", WIRE_OK, "2a818000" },
		{ "0603818000", WIRE_OK, "818000" },
		{ "0d0101", WIRE_TAG, NULL },
	};

	(void)state;
	ROWS(rows, false, der_oid);
}

static enum wire_error
read_bits(struct der *d, struct span *content)
{
	unsigned unused = 99;
	enum wire_error error = der_bits(d, content, &unused);

	if (error == WIRE_OK)
		assert_int_equal(unused, content->ptr[-1]);
	return error;
}

static void
bit_strings(void **state)
{
	static const struct row rows[] = {
		{ "030100", WIRE_OK, "" },
		{ "030200ff", WIRE_OK, "ff" },
		{ "030207 80", WIRE_OK, "80" },
		{ "03020106", WIRE_OK, "06" },
		{ "0303 04aaf0", WIRE_OK, "aaf0" },
		{ "0300", WIRE_VALUE, NULL },
		{ "030101", WIRE_VALUE, NULL },
		{ "03020800", WIRE_VALUE, NULL },
		{ "0302ff00", WIRE_VALUE, NULL },
		{ "030207c0", WIRE_VALUE, NULL },
		{ "03020107", WIRE_VALUE, NULL },
		{ "030304aaf8", WIRE_VALUE, NULL },
		{ "23040302 0000", WIRE_TAG, NULL },
	};

	(void)state;
	ROWS(rows, false, read_bits);
}

static enum wire_error
read_string(struct der *d, struct span *content)
{
	int next = der_peek(d);
	uint8_t tag = 0;
	enum wire_error error = der_string(d, &tag, content);

	if (error == WIRE_OK)
		assert_int_equal(tag, next);
	return error;
}

static void
strings(void **state)
{
	static const struct row rows[] = {
		{ "0c00", WIRE_OK, "" },
		{ "1300", WIRE_OK, "" },
		{ "0c02c3a9", WIRE_OK, "c3a9" },
		{ "0c02c080", WIRE_VALUE, NULL },
		{ "0c01c3", WIRE_VALUE, NULL },
		{ "0c03eda080", WIRE_VALUE, NULL },
		{ "0c03e08080", WIRE_VALUE, NULL },
		{ "0c03efbfbf", WIRE_OK, "efbfbf" },
		{ "0c04f48fbfbf", WIRE_OK, "f48fbfbf" },
		{ "0c04f4908080", WIRE_VALUE, NULL },
		{ "0c04f0808080", WIRE_VALUE, NULL },
		{ "0c04f0908080", WIRE_OK, "f0908080" },
		{ "0c0180", WIRE_VALUE, NULL },
		{ "0c01ff", WIRE_VALUE, NULL },
		/* '()+,-./:=? and space, letters, digits */
		{ "130f20272829 2b2c2d2e 2f3a3d3f 415a30", WIRE_OK, NULL },
		{ "130161", WIRE_OK, "61" },
		{ "13017a", WIRE_OK, "7a" },
		{ "130140", WIRE_VALUE, NULL }, /* @ */
		{ "13012a", WIRE_VALUE, NULL }, /* * */
		{ "130126", WIRE_VALUE, NULL }, /* & */
		{ "13015f", WIRE_VALUE, NULL }, /* _ */
		{ "130100", WIRE_VALUE, NULL },
		{ "1301e9", WIRE_VALUE, NULL },
		{ "16017f", WIRE_OK, "7f" },
		{ "160100", WIRE_OK, "00" },
		{ "160180", WIRE_VALUE, NULL },
		{ "1401e9", WIRE_OK, "e9" },
		{ "1e020041", WIRE_TAG, NULL },
		{ "1a0141", WIRE_TAG, NULL },
		{ "040141", WIRE_TAG, NULL },
		{ "2c030c0141", WIRE_TAG, NULL },
		{ "0c02c3", WIRE_TRUNCATED, NULL },
	};

	(void)state;
	ROWS(rows, false, read_string);
}

static void
nesting(void **state)
{
	struct der d, inner, deep;
	struct span whole, content;
	uint64_t n;

	(void)state;
	der_open(&d, sample_hex("300730050201050500 ff"));
	assert_int_equal(der_peek(&d), DER_SEQUENCE);
	assert_int_equal(der_enter(&d, DER_SET, &inner), WIRE_TAG);
	assert_int_equal(der_enter(&d, DER_SEQUENCE, &inner), WIRE_OK);
	assert_int_equal(der_end(&d), WIRE_TRAILING);
	assert_int_equal(der_enter(&inner, DER_SEQUENCE, &deep), WIRE_OK);
	assert_int_equal(der_peek(&inner), -1);
	assert_int_equal(der_end(&inner), WIRE_OK);
	assert_int_equal(der_uint(&deep, &n), WIRE_OK);
	assert_int_equal(n, 5);
	assert_int_equal(der_end(&deep), WIRE_TRAILING);
	assert_int_equal(der_null(&deep), WIRE_OK);
	assert_int_equal(der_end(&deep), WIRE_OK);

	/* An inner length that reaches over the outer end. */
	der_open(&d, sample_hex("3003020205 05"));
	assert_int_equal(der_enter(&d, DER_SEQUENCE, &inner), WIRE_OK);
	assert_int_equal(der_uint(&inner, &n), WIRE_TRUNCATED);

	der_open(&d, sample_hex("a003020101"));
	d.ber = true;
	assert_int_equal(
	    der_whole(&d, DER_CONTEXT(0), &whole, &content), WIRE_TAG);
	assert_int_equal(der_enter(&d, DER_CONTEXT_CONS(0), &inner), WIRE_OK);
	assert_true(inner.ber);
	der_open(&d, span_of(NULL, 0));
	assert_int_equal(der_peek(&d), -1);
	assert_int_equal(der_end(&d), WIRE_OK);
	sample_release();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(length_boundaries),
		cmocka_unit_test(booleans_and_null),
		cmocka_unit_test(integers),
		cmocka_unit_test(object_identifiers),
		cmocka_unit_test(bit_strings),
		cmocka_unit_test(strings),
		cmocka_unit_test(nesting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
