/*
 * Codecs of frames: every field at its limit comes back, one step beyond any
 * limit is refused, and whatever is accepted has exactly one encoding.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "codecs.h"
#include "ipc/fields.h"

static uint8_t one[FRAME_MAX], two[FRAME_MAX + 16], three[FRAME_MAX];

static size_t
encode(const struct codec *k, const union any_message *m, uint8_t *out)
{
	struct cbor_out o;
	struct span s;

	cbor_out_open(&o, out, FRAME_MAX);
	k->put(&o, m);
	assert_int_equal(cbor_out_span(&o, &s), WIRE_OK);
	return s.len;
}

static bool
decode(const struct codec *k, const uint8_t *bytes, size_t len,
    union any_message *m)
{
	struct cbor c;

	cbor_open(&c, span_of(bytes, len), true);
	return k->get(&c, m);
}

static size_t
full_example(const struct codec *k, uint8_t *out)
{
	union any_message m;

	memset(&m, 0, sizeof(m));
	k->fill(&m);
	return encode(k, &m, out);
}

/* Accepted bytes must be the ones that the writer makes of the result. */
static void
refused_or_canonical(const struct codec *k, const uint8_t *bytes, size_t len)
{
	union any_message m;
	size_t n;

	memset(&m, 0xee, sizeof(m));
	if (!decode(k, bytes, len, &m))
		return;
	n = encode(k, &m, three);
	if (n != len || memcmp(three, bytes, n) != 0)
		fail_msg("%s: two encodings of one message", k->name);
}

static void
test_round_trip(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < codecs_len; i++) {
		union any_message m;
		size_t len = full_example(&codecs[i], one), again;

		memset(&m, 0xee, sizeof(m));
		if (!decode(&codecs[i], one, len, &m))
			fail_msg("%s: full example refused", codecs[i].name);
		again = encode(&codecs[i], &m, two);
		assert_int_equal(again, len);
		assert_memory_equal(one, two, len);
	}
}

/* One item of an encoding: where its head is, and how long it is all in all
 * (arrays: the head alone). */
struct item {
	size_t at, head, total;
	int major;
	uint64_t value;
};

static bool
item_next(const uint8_t *bytes, size_t len, size_t at, struct item *out)
{
	struct cbor_out o;
	struct cbor c;
	uint64_t n;
	uint8_t head[9];
	int64_t number;
	struct span s;

	if (at >= len)
		return false;
	cbor_open(&c, span_of(bytes + at, len - at), true);
	out->at = at;
	out->major = cbor_peek(&c);
	out->value = 0;
	if (out->major == CBOR_ARRAY) {
		assert_int_equal(cbor_array(&c, &n), WIRE_OK);
		out->value = n;
	} else if (out->major == CBOR_UINT) {
		assert_int_equal(cbor_uint(&c, &out->value), WIRE_OK);
	} else if (out->major == CBOR_NINT) {
		assert_int_equal(cbor_int(&c, &number), WIRE_OK);
	} else if (out->major == CBOR_BYTES || out->major == CBOR_TEXT) {
		assert_int_equal(out->major == CBOR_BYTES ? cbor_bytes(&c, &s)
							  : cbor_text(&c, &s),
		    WIRE_OK);
		out->value = s.len;
	} else {
		assert_int_equal(cbor_skip(&c, NULL), WIRE_OK);
	}
	out->total = (size_t)(c.pos - (bytes + at));
	cbor_out_open(&o, head, sizeof(head));
	cbor_put_uint(&o, out->value);
	out->head = o.len;
	return true;
}

/* The example with one item replaced. */
static size_t
with_item(
    const uint8_t *bytes, size_t len, const struct item *i, struct span instead)
{
	memcpy(two, bytes, i->at);
	memcpy(two + i->at, instead.ptr, instead.len);
	memcpy(two + i->at + instead.len, bytes + i->at + i->total,
	    len - i->at - i->total);
	return len - i->total + instead.len;
}

static void
demand_refused(const struct codec *k, const uint8_t *bytes, size_t len,
    const struct item *i, struct span instead, const char *what)
{
	union any_message m;
	size_t n = with_item(bytes, len, i, instead);

	if (decode(k, two, n, &m))
		fail_msg("%s: %s at octet %zu accepted", k->name, what, i->at);
}

static void
beyond_string(const struct codec *k, const uint8_t *bytes, size_t len,
    const struct item *i)
{
	static uint8_t room[ADMIN_BLOB_MAX + 16], longer[ADMIN_BLOB_MAX + 1];
	struct cbor_out o;
	struct span s = span_of(longer, (size_t)i->value + 1);

	/* Arguments of admin frames share one limit; the empty ones grow. */
	if (i->value == 0)
		return;
	memset(longer, 'y', s.len);
	cbor_out_open(&o, room, sizeof(room));
	if (i->major == CBOR_TEXT)
		cbor_put_text(&o, s);
	else
		cbor_put_bytes(&o, s);
	demand_refused(k, bytes, len, i, span_of(room, o.len), "a long string");
	if (i->major != CBOR_TEXT)
		return;
	longer[0] = '\n';
	cbor_out_open(&o, room, sizeof(room));
	cbor_put_text(&o, span_of(longer, (size_t)i->value));
	demand_refused(k, bytes, len, i, span_of(room, o.len), "a line feed");
}

static void
beyond_number(const struct codec *k, const uint8_t *bytes, size_t len,
    const struct item *i)
{
	uint8_t room[9];
	struct cbor_out o;
	size_t n;

	if (i->value != UINT64_MAX && i->value != INT64_MAX) {
		cbor_out_open(&o, room, sizeof(room));
		cbor_put_uint(&o, i->value + 1);
		demand_refused(k, bytes, len, i, span_of(room, o.len),
		    "a number over its limit");
	}
	cbor_out_open(&o, room, sizeof(room));
	cbor_put_uint(&o, 0);
	n = with_item(bytes, len, i, span_of(room, o.len));
	refused_or_canonical(k, two, n);
}

static void
beyond_array(const struct codec *k, const uint8_t *bytes, size_t len,
    const struct item *i)
{
	uint8_t room[9];
	struct cbor_out o;
	uint64_t n;

	for (n = i->value - 1; n <= i->value + 1; n += 2) {
		cbor_out_open(&o, room, sizeof(room));
		cbor_put_array(&o, n);
		demand_refused(
		    k, bytes, len, i, span_of(room, o.len), "another count");
	}
}

static void
test_beyond_limits(void **state)
{
	static const uint8_t number[] = { 0x02 };
	size_t i, at, len;
	struct item it;

	(void)state;
	for (i = 0; i < codecs_len; i++) {
		const struct codec *k = &codecs[i];

		len = full_example(k, one);
		for (at = 0; item_next(one, len, at, &it); at += it.total) {
			if (it.major == CBOR_BYTES || it.major == CBOR_TEXT)
				beyond_string(k, one, len, &it);
			else if (it.major == CBOR_UINT)
				beyond_number(k, one, len, &it);
			else if (it.major == CBOR_ARRAY)
				beyond_array(k, one, len, &it);
			if (it.major != CBOR_UINT && it.major != CBOR_NINT)
				demand_refused(k, one, len, &it,
				    span_of(number, 1), "a number");
		}
	}
}

static void
test_truncated_and_trailing(void **state)
{
	union any_message m;
	size_t i, n, len, step;

	(void)state;
	for (i = 0; i < codecs_len; i++) {
		len = full_example(&codecs[i], one);
		step = len > 4096 ? 61 : 1;
		for (n = 0; n < len; n += step)
			assert_false(decode(&codecs[i], one, n, &m));
		memcpy(two, one, len);
		two[len] = 0x00;
		assert_false(decode(&codecs[i], two, len + 1, &m));
	}
}

static void
test_mutated(void **state)
{
	size_t i, n, len, step;
	unsigned bit;

	(void)state;
	for (i = 0; i < codecs_len; i++) {
		len = full_example(&codecs[i], two);
		step = len > 4096 ? 101 : 1;
		for (n = 0; n < len; n += step)
			for (bit = 0; bit < 8; bit++) {
				two[n] ^= (uint8_t)(1u << bit);
				refused_or_canonical(&codecs[i], two, len);
				two[n] ^= (uint8_t)(1u << bit);
			}
	}
}

/* A voucher request never comes with a refusal or without a chain. */
static void
test_facts_rules(void **state)
{
	static const struct codec *k;
	union any_message m, back;
	size_t i;

	(void)state;
	for (i = 0; i < codecs_len; i++)
		if (strcmp(codecs[i].name, "decide") == 0)
			k = &codecs[i];
	memset(&m, 0, sizeof(m));
	k->fill(&m);
	m.decide.facts.kind = REQUEST_VOUCHER;
	assert_false(decode(k, one, encode(k, &m, one), &back));
	m.decide.facts.refusal = REASON_OK;
	assert_true(decode(k, one, encode(k, &m, one), &back));
	/* As before there were names. */
	m.decide.facts.agent_names_len = 0;
	assert_true(decode(k, one, encode(k, &m, one), &back));
	m.decide.facts.chain_len = 0;
	assert_false(decode(k, one, encode(k, &m, one), &back));
	m.decide.facts.issuer.kind = ISSUER_NAME;
	m.decide.facts.chain_len = 1;
	assert_false(decode(k, one, encode(k, &m, one), &back));
	m.decide.facts.issuer.len = HASH_SIZE;
	assert_true(decode(k, one, encode(k, &m, one), &back));
}

/* What a stranger managed to put into a sentence does not break the frame. */
static void
test_words_are_cleaned(void **state)
{
	struct message_failed m = { .reason = REASON_INTERNAL }, back;
	struct cbor_out o;
	struct cbor c;

	(void)state;
	strcpy(m.text, "serial \xc3\n\xff end");
	cbor_out_open(&o, one, sizeof(one));
	message_failed_put(&o, &m);
	cbor_open(&c, span_of(one, o.len), true);
	assert_true(message_failed_get(&c, &back));
	assert_string_equal(back.text, "serial ??? end");
}

static void
test_permissions(void **state)
{
	enum message m;
	unsigned from, to, allowed = 0;

	(void)state;
	assert_true(message_allowed(ROLE_FRONT, ROLE_CHECKER, MESSAGE_CHECK));
	assert_true(
	    message_allowed(ROLE_CHECKER, ROLE_AUTHORITY, MESSAGE_DECIDE));
	assert_true(
	    message_allowed(ROLE_AUTHORITY, ROLE_SIGNER, MESSAGE_SIGN_VOUCHER));
	assert_true(message_allowed(ROLE_ADMIN, ROLE_AUTHORITY, MESSAGE_ADMIN));
	assert_false(
	    message_allowed(ROLE_CHECKER, ROLE_AUTHORITY, MESSAGE_INSPECT));
	assert_false(
	    message_allowed(ROLE_AUTHORITY, ROLE_SIGNER, MESSAGE_RECORD));
	for (m = 0; m < MESSAGE_COUNT; m++) {
		assert_false(message_allowed(ROLE_FRONT, ROLE_AUTHORITY, m));
		assert_false(message_allowed(ROLE_FRONT, ROLE_SIGNER, m));
		assert_false(message_allowed(ROLE_CHECKER, ROLE_SIGNER, m));
		assert_false(message_allowed(ROLE_ADMIN, ROLE_SIGNER, m));
		assert_false(message_allowed(ROLE_ADMIN, ROLE_FRONT, m));
		for (from = 0; from < ROLE_COUNT; from++)
			for (to = 0; to < ROLE_COUNT; to++)
				allowed += message_allowed(from, to, m);
		/* Only serve may start, stop and hand sockets over. */
		if (m > 0 && m <= MESSAGE_STOP)
			for (from = 0; from < ROLE_COUNT; from++)
				for (to = 0; to < ROLE_COUNT; to++)
					if (from != ROLE_SERVE)
						assert_false(message_allowed(
						    from, to, m));
	}
	/* A new right is a decision: it changes this number too. */
	assert_int_equal(allowed,
	    4 * 7 + 1 + 4 * 2 + 2 + 2 + 2 + 3 + 2 + 2 + 10 + 3 + 2 + 2 +
		2 /* LOOK_UP, ON_RECORD */ + 1 /* STARTING of the signer */ +
		2 /* FETCH, on its way */ + 1 /* BUSY */);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_beyond_limits),
		cmocka_unit_test(test_truncated_and_trailing),
		cmocka_unit_test(test_mutated),
		cmocka_unit_test(test_facts_rules),
		cmocka_unit_test(test_words_are_cleaned),
		cmocka_unit_test(test_permissions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
