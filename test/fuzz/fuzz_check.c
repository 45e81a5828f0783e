/*
 * A whole voucher-request through the checker, and a file that an operator
 * names. The first octet of the input says which. What the checker finds, the
 * authority's reader takes, and writes again to the same octets.
 */
#include "checker/check.h"
#include "fuzz.h"
#include "wire/cbor.h"

/* Inside the dates of the published example, and of the requests that were made
 * for this corpus. */
static const int64_t moments[] = { INT64_C(1618350204), INT64_C(1795694400) };

static struct span
facts_written(const struct request_facts *f, uint8_t *room, size_t cap)
{
	struct message_decide m = { .facts = *f };
	struct cbor_out o;
	struct span s;

	cbor_out_open(&o, room, cap);
	message_decide_put(&o, &m);
	require(cbor_out_span(&o, &s) == WIRE_OK);
	return s;
}

/* The format of what is there, or behind base64. */
static enum artifact_format
format_of(struct span body)
{
	if (body.len < 2 || body.ptr[1] >= 0x80)
		return envelope_format(body);
	switch (body.ptr[0]) {
	case 'M':
		return FORMAT_CMS_JSON;
	case '0': /* a SEQUENCE as well, but a short one */
	case 'h':
		return FORMAT_COSE_CBOR;
	default:
		return envelope_format(body);
	}
}

/* A switch lets more in, and changes nothing of what came in without it. With an
 * allocation that fails a second look may end in a refusal. */
static void
strict_check(struct message_check m, int64_t moment, struct span body)
{
	static struct workspace work;
	struct request_facts facts;
	struct why why;

	if (!oracle_begin())
		return;
	m.allowed = 0;
	if (check_request(&m, moment, &work, &facts, NULL, &why) == REASON_OK) {
		m.allowed = LEGACY_ALL;
		m.body = body;
		require((facts.legacy &
			    ~(LEGACY(LEGACY_UNATTRIBUTED) |
				LEGACY(LEGACY_LAYOUT_2019))) == 0);
		require(check_request(&m, moment, &work, &facts, NULL, &why) ==
		    REASON_OK);
	}
	oracle_end();
}

static uint64_t
request_check(struct span body)
{
	static uint8_t room[FRAME_MAX], other[FRAME_MAX];
	static struct workspace work;
	struct message_check m = { .kind = REQUEST_VOUCHER,
		.format = format_of(body),
		.reply = FORMAT_CMS_JSON,
		.allowed = LEGACY_ALL,
		.body = body };
	struct message_decide again = { 0 };
	struct request_facts facts;
	struct span first;
	struct why why;
	struct cbor c;

	if (check_request(&m, moments[0], &work, &facts, NULL, &why) !=
		REASON_OK &&
	    check_request(&m, moments[1], &work, &facts, NULL, &why) !=
		REASON_OK)
		return 0;
	strict_check(m, facts.moment, body);
	require(facts.chain_len >= 1 && facts.chain_len <= CHAIN_MAX);
	facts.moment = moments[0]; /* whichever it was */
	first = facts_written(&facts, room, sizeof(room));
	cbor_open(&c, first, true);
	require(message_decide_get(&c, &again));
	require(
	    span_eq(first, facts_written(&again.facts, other, sizeof(other))));
	return digest_add(ACCEPTED, first.ptr, first.len);
}

/* Two files, the length of the first in two octets. */
static uint64_t
file_check(enum inspect_kind kind, struct span bytes)
{
	static uint8_t room[FRAME_MAX];
	static char json[65536];
	struct message_inspect in = { .kind = kind };
	struct message_inspected found, again = { 0 };
	uint8_t *arena;
	struct cbor_out o;
	struct span s;
	struct cbor c;
	size_t n;

	if (bytes.len < 2)
		return 0;
	n = (size_t)bytes.ptr[0] << 8 | bytes.ptr[1];
	n = n > bytes.len - 2 ? bytes.len - 2 : n;
	in.bytes = span_of(bytes.ptr + 2, n);
	in.other = span_of(bytes.ptr + 2 + n, bytes.len - 2 - n);
	arena = malloc(bytes.len);
	require(arena != NULL);
	inspect_file(&in, arena, json, sizeof(json), &found);
	cbor_out_open(&o, room, sizeof(room));
	message_inspected_put(&o, &found);
	require(cbor_out_span(&o, &s) == WIRE_OK);
	cbor_open(&c, s, true);
	require(message_inspected_get(&c, &again));
	free(arena);
	return found.reason == REASON_OK ? digest_add(ACCEPTED, s.ptr, s.len)
					 : 0;
}

uint64_t
input_decode(const uint8_t *bytes, size_t len)
{
	static struct workspace work;
	struct message_check m = { .kind = REQUEST_VOUCHER,
		.reply = FORMAT_CMS_JSON,
		.allowed = LEGACY_ALL,
		.body = span_of(bytes, len) };
	struct request_facts facts;
	struct why why;

	m.format = format_of(m.body);
	return check_request(&m, moments[0], &work, &facts, NULL, &why) ==
	    REASON_OK;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	struct span rest;

	if (len == 0 || len > BODY_MAX)
		return 0;
	rest = span_of(bytes + 1, len - 1);
	switch (bytes[0]) {
	case INSPECT_CSR:
	case INSPECT_IMPORT:
	case INSPECT_LINT:
		return file_check((enum inspect_kind)bytes[0], rest);
	default:
		/* A request begins as itself, which tells its format. */
		return request_check(span_of(bytes, len));
	}
}
