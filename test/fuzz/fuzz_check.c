/*
 * A whole voucher-request through the checker, and a file that an operator
 * names. The first octet of the input says which. What the checker finds, the
 * authority's reader takes, and writes again to the same octets; what it finds in a
 * file the authority finds there, too.
 *
 * A request stands as it is; or behind 'S', an octet of switches, and its length in two
 * octets. Then what is behind it, DER, is what the authority has: the certificate on
 * record for its serial, and CAs on file for its customer.
 */
#include "authority/authority.h"
#include "checker/check.h"
#include "forget.h"
#include "fuzz.h"
#include "inside.h"
#include "right.h"
#include "wire/cbor.h"
#include "wire/der.h"

#define EASY	  1 /* signatures_easy */
#define RIGHT	  2 /* the messageDigest of CMS is put right */
#define EXPLAINED 4 /* as for an operator, row by row */

/* Inside the dates of the published example, and of the requests that were made
 * for this corpus. */
static const int64_t moments[] = { INT64_C(1618350204), INT64_C(1795694400) };

/* What has been accepted; of requests by format, the easy ones with a pledge's. */
enum {
	PLAIN,
	SIGNED = PLAIN + FORMAT_COSE_CBOR,
	AGENT = SIGNED + FORMAT_COSE_CBOR + 1,
	AGENT_ON_FILE,
	ON_RECORD,
	ASKED,
	FILES = ASKED,
	MET = FILES + INSPECT_CERTIFICATE
};
static bool met[MET + 1];

const char *
corpus_lacks(void)
{
	static const char *const names[MET + 1] = { NULL, "CMS", "JWS", "COSE",
		"CMS, easy", "JWS, easy", "COSE, easy", "an agent",
		"an agent of a CA on file", "a pledge that is on record",
		"a refusal that asks for what is on record", "a CSR",
		"an import", "the linter", "a certificate" };

	return first_unmet(met, names, MET + 1);
}

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

/* One request, and what the authority has; NULL: nobody has asked. */
struct one {
	struct message_check m;
	const struct message_on_record *record;
	struct trace *trace;
	int64_t moment;
};

static enum reason
check(const struct one *q, struct workspace *work, struct request_facts *facts)
{
	struct why why;

	work->on_record = q->record;
	return check_request(&q->m, q->moment, work, facts, q->trace, &why);
}

/* A switch lets more in, and changes nothing of what came in without it. What is on
 * record changes nothing where nobody would ask. With an allocation that fails a
 * second look may end in a refusal. */
static void
others_check(struct one q, enum reason r)
{
	static struct workspace work;
	struct request_facts facts;

	if (!oracle_begin())
		return;
	q.trace = NULL;
	if (q.record != NULL) {
		struct one alone = q;
		enum reason first;

		alone.record = NULL;
		first = check(&alone, &work, &facts);
		require(work.look_up || first == r);
		met[ASKED] |= work.look_up;
	}
	q.m.allowed = 0;
	if (r == REASON_OK && check(&q, &work, &facts) == REASON_OK) {
		q.m.allowed = LEGACY_ALL;
		require((facts.legacy &
			    ~(LEGACY(LEGACY_UNATTRIBUTED) |
				LEGACY(LEGACY_LAYOUT_2019))) == 0);
		require(check(&q, &work, &facts) == REASON_OK);
	}
	oracle_end();
}

static void
meet(const struct one *q, const struct workspace *work,
    const struct request_facts *facts)
{
	if (!signatures_easy)
		met[PLAIN + q->m.format] = true;
	else if (facts->prior)
		met[SIGNED + q->m.format] = true;
	met[AGENT] |= facts->proximity == PROXIMITY_AGENT;
	met[AGENT_ON_FILE] |= facts->agent_cas_len > 0;
	met[ON_RECORD] |= work->pledge.signer == &work->found;
}

static uint64_t
request_check(struct span body, const struct message_on_record *record,
    struct trace *trace)
{
	static uint8_t room[FRAME_MAX], other[FRAME_MAX];
	static struct workspace work;
	struct one q = { .m = { .kind = REQUEST_VOUCHER,
			     .format = format_of(body),
			     .reply = FORMAT_CMS_JSON,
			     .allowed = LEGACY_ALL,
			     .body = body },
		.record = record,
		.trace = trace,
		.moment = moments[0] };
	struct message_decide again = { 0 };
	struct request_facts facts;
	struct span first;
	enum reason r;
	struct cbor c;

	if ((r = check(&q, &work, &facts)) != REASON_OK) {
		if (trace != NULL)
			trace->len = 0;
		q.moment = moments[1];
		r = check(&q, &work, &facts);
	}
	others_check(q, r);
	if (r != REASON_OK)
		return 0;
	meet(&q, &work, &facts);
	require(facts.chain_len >= 1 && facts.chain_len <= CHAIN_MAX);
	facts.moment = moments[0]; /* whichever it was */
	first = facts_written(&facts, room, sizeof(room));
	cbor_open(&c, first, true);
	require(message_decide_get(&c, &again));
	require(
	    span_eq(first, facts_written(&again.facts, other, sizeof(other))));
	return digest_add(ACCEPTED, first.ptr, first.len);
}

static void
on_record_read(struct span bytes, struct message_on_record *record)
{
	struct span one;
	struct der d;

	memset(record, 0, sizeof(*record));
	der_open(&d, bytes);
	while (record->cas_len < DOMAIN_CAS_MAX &&
	    der_whole(&d, DER_SEQUENCE, &one, NULL) == WIRE_OK) {
		if (record->len == 0)
			record->certificates[record->len++] = one;
		else
			record->cas[record->cas_len++] = one;
	}
}

/* What stands behind 'S'. The request gets memory of its own size. */
static uint64_t
switched_check(struct span bytes)
{
	static struct trace trace;
	struct message_on_record record;
	uint64_t digest;
	uint8_t *body;
	size_t n;

	if (bytes.len < 3)
		return 0;
	n = (size_t)bytes.ptr[1] << 8 | bytes.ptr[2];
	n = n > bytes.len - 3 ? bytes.len - 3 : n;
	body = malloc(n + (n == 0));
	require(body != NULL);
	memcpy(body, bytes.ptr + 3, n);
	on_record_read(span_of(bytes.ptr + 3 + n, bytes.len - 3 - n), &record);
	if ((bytes.ptr[0] & RIGHT) != 0)
		digest_put_right(body, n);
	signatures_easy = (bytes.ptr[0] & EASY) != 0;
	trace.len = 0;
	digest =
	    request_check(span_of(body, n), bytes.len > 3 + n ? &record : NULL,
		(bytes.ptr[0] & EXPLAINED) != 0 ? &trace : NULL);
	free(body);
	return digest;
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
	if (found.reason != REASON_OK)
		return 0;
	require(shown_holds(&in, &again));
	met[FILES + kind] = true;
	return digest_add(ACCEPTED, s.ptr, s.len);
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
	case INSPECT_CERTIFICATE:
		return file_check((enum inspect_kind)bytes[0], rest);
	case 'S':
		return switched_check(rest);
	default:
		/* A request begins as itself, which tells its format. */
		return request_check(span_of(bytes, len), NULL, NULL);
	}
}

#ifdef MUTATE
/* Three of four changes are made inside of base64, which most of a request is. */
size_t
LLVMFuzzerCustomMutator(uint8_t *bytes, size_t len, size_t cap, unsigned seed)
{
	return seed % 4 == 0 || len == 0 || !inside_change(bytes, len, seed)
	    ? LLVMFuzzerMutate(bytes, len, cap)
	    : len;
}
#endif
