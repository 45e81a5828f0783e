/*
 * hallmark explain: the whole decision once more for an operator, row by row,
 * by the functions that decide (doc/decisions/013). A checker derives the facts
 * from the file, policy judges them; nothing is signed, recorded or counted.
 */
#include "authority/authority.h"
#include "base/clock.h"
#include "base/text.h"

/* What an operator asks. */
struct question {
	struct message_derive derive;
	enum reason media; /* the front would refuse the types, row 0c */
	struct why media_why;
};

/* What is told. */
struct explanation {
	const struct question *q;
	const struct message_derived *facts; /* NULL: no checker was asked */
	struct trace trace;
	enum reason reason;
	struct why why;
	struct decision made;
	bool decided;
};

static enum reason
read_media(const struct message_admin *m, struct question *q, struct why *why)
{
	struct span code = admin_argument(m, "media-reason");
	char word[64];
	uint64_t format, reply, legacy;
	enum reason r;

	if ((r = admin_number(m, "format", FORMAT_COSE_CBOR, FORMAT_CMS_JSON,
		 &format, why)) != REASON_OK ||
	    (r = admin_number(m, "reply", FORMAT_LIST_MAX, FORMAT_CMS_JSON,
		 &reply, why)) != REASON_OK ||
	    (r = admin_number(m, "legacy", LEGACY_ALL, 0, &legacy, why)) !=
		REASON_OK)
		return r;
	if (format == FORMAT_NONE)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1, "format");
	if (reply == 0 || !format_list_valid((unsigned)reply))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1, "reply");
	q->derive.format = (enum artifact_format)format;
	q->derive.reply = (unsigned)reply;
	q->derive.legacy = (unsigned)legacy;
	q->media = REASON_OK;
	if (code.len == 0)
		return REASON_OK;
	(void)text_copy(word, sizeof(word), code);
	q->media = reason_find(word);
	if (!reason_valid(q->media))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1, "media-reason");
	why_clear(&q->media_why);
	return admin_text(m, "media-text", q->media_why.text,
	    sizeof(q->media_why.text), false, why);
}

static enum reason
read_question(
    const struct message_admin *m, struct question *q, struct why *why)
{
	struct span kind = admin_argument(m, "kind");
	struct span at = admin_argument(m, "at");

	memset(q, 0, sizeof(*q));
	q->derive.explain = true;
	q->derive.body = admin_argument(m, "request");
	q->derive.kind = REQUEST_VOUCHER;
	if (span_is(kind, "auditlog"))
		q->derive.kind = REQUEST_AUDIT_LOG;
	else if (kind.len > 0 && !span_is(kind, "voucher"))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "kind: voucher or auditlog");
	q->derive.moment = clock_now();
	if (at.len > 0 && !date_parse(at, &q->derive.moment))
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "at: a date such as 2026-01-31T12:00:00Z");
	if (q->derive.body.len > BODY_MAX)
		return why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "request: at most %d octets", BODY_MAX);
	return read_media(m, q, why);
}

/* --- the walk --- */

/* The rows in front of the checker's. */
static enum reason
walk_front(struct explanation *e)
{
	char replies[FORMATS_TEXT_SIZE];

	trace_skip(&e->trace, STEP_CONNECTION,
	    "a file says nothing of its connection");
	trace_begin(&e->trace, STEP_MEDIA);
	product_formats_print(replies, e->q->derive.reply);
	trace_found(&e->trace, "request %s, reply %s",
	    format_media_type(e->q->derive.format), replies);
	e->why = e->q->media_why;
	return trace_end(&e->trace, e->q->media, &e->why);
}

static enum reason
walk_checker(struct explanation *e)
{
	const struct message_derived *m = e->facts;
	unsigned i;

	for (i = 0; i < m->trace.len && e->trace.len < STEP_COUNT; i++)
		e->trace.rows[e->trace.len++] = m->trace.rows[i];
	why_set(&e->why, m->reason, -1, "%s", m->text);
	for (i = 0; i < e->trace.len; i++)
		if (e->trace.rows[i].outcome == OUTCOME_REFUSED)
			e->why.offset = e->trace.rows[i].found.offset;
	return m->complete ? REASON_OK : m->reason;
}

/* The row that policy lacks: nobody is spared one because of an older voucher. */
static void
walk_renewal(struct trace *t)
{
	const struct trace_row *before = trace_find(t, STEP_STATE);

	if (before != NULL && before->outcome == OUTCOME_PASSED)
		trace_skip(t, STEP_RENEWAL,
		    "not offered: a new request like any other");
}

static enum reason
walk_authority(struct authority *a, struct explanation *e)
{
	const struct request_facts *f = &e->facts->facts;
	struct audit_owner owner;

	if (f->kind == REQUEST_AUDIT_LOG)
		return audit_judge(
		    a, f, e->q->derive.moment, &e->trace, &owner, &e->why);
	trace_begin(&e->trace, STEP_ISSUING);
	if (a->stopped)
		return trace_end(&e->trace, REASON_RECHECK_DIFFERS, NULL);
	decision_make(a, f, e->q->derive.moment, &e->trace, &e->made);
	e->decided = true;
	walk_renewal(&e->trace);
	e->why = e->made.verdict.why;
	if (e->made.verdict.reason == REASON_OK)
		trace_skip(&e->trace, STEP_ISSUE,
		    "an explanation signs and records nothing");
	return e->made.verdict.reason;
}

/* --- telling --- */

static void
put_bytes(struct json_out *o, const char *name, const uint8_t *p, size_t len)
{
	json_add_hex(o, name, span_of(p, len));
}

static void
put_row(struct json_out *o, enum step s, const struct trace_row *row)
{
	bool refused = row != NULL && row->outcome == OUTCOME_REFUSED;

	json_begin_object(o);
	json_add_text(o, "row", step_row(s));
	json_add_text(o, "title", step_title(s));
	json_add_text(o, "outcome",
	    outcome_text(row == NULL ? OUTCOME_NOT_REACHED : row->outcome));
	json_add_text(
	    o, "clause", refused ? reason_clause(row->reason) : step_clause(s));
	json_add_text(o, "found", row == NULL ? "" : row->found.text);
	if (refused) {
		json_add_text(o, "reason", reason_code(row->reason));
		json_add_text(o, "fix", reason_sentence(row->reason));
		json_add_int(o, "offset", row->found.offset);
	}
	json_end_object(o);
}

static bool
is_of_log(enum step s)
{
	return s < STEP_ISSUING || s == STEP_FRESH || s == STEP_REVOCATION ||
	    s == STEP_OWNER;
}

/* Rows that this kind of request meets; those that were not reached, too. */
static void
put_rows(struct json_out *o, const struct explanation *e)
{
	bool audit = e->q->derive.kind == REQUEST_AUDIT_LOG;
	enum step s;

	json_put_name(o, "rows");
	json_begin_array(o);
	for (s = STEP_NONE + 1; s < STEP_COUNT; s++)
		if (audit ? is_of_log(s) : s != STEP_OWNER)
			put_row(o, s, trace_find(&e->trace, s));
	json_end_array(o);
}

static void
put_voucher(struct json_out *o, const struct explanation *e)
{
	const struct verdict *v = &e->made.verdict;
	const struct device *d = &e->made.devices[v->device];
	const struct chain_entry *pin = v->pinned;
	uint8_t domain_id[KEY_ID_MAX], len;

	json_add_uint(o, "on-record", e->made.devices_len);
	if (v->device_found) {
		json_put_name(o, "device");
		json_begin_object(o);
		json_add_text(o, "product", d->product);
		put_bytes(o, "issuer", d->issuer.bytes, d->issuer.len);
		put_bytes(o, "key-sha256", d->spki_sha256, HASH_SIZE);
		json_end_object(o);
	}
	if (v->reason != REASON_OK)
		return;
	json_put_name(o, "pin");
	json_begin_object(o);
	json_add_text(o, "subject",
	    v->pin < CHAIN_MAX ? e->facts->subjects[v->pin] : "on file");
	put_bytes(o, "key-sha256", pin->spki_sha256, HASH_SIZE);
	json_add_text(o, "kind", pin_kind_text(v->pin_kind));
	len = chain_domain_id(pin, v->pin_kind, domain_id);
	put_bytes(o, "domain-id", domain_id, len);
	json_end_object(o);
	if (e->made.customer != NULL)
		json_add_text(o, "customer", e->made.customer->name);
	if (v->cloud != NULL) {
		json_add_text(o, "est-domain", v->cloud->est_domain);
		json_add_text(o, "additional-configuration-url",
		    v->cloud->configuration_url);
	}
	json_add_text(o, "format", format_media_type(v->format));
	json_add_text(o, "assertion", assertion_text(v->assertion));
	json_add_text(o, "key", e->made.key->name);
}

static void
put_repeat(void *context, const struct store_voucher *v)
{
	struct json_out *o = context;

	if (!v->delivered)
		return;
	json_put_name(o, "repeat");
	json_begin_object(o);
	json_add_uint(o, "sequence", v->sequence);
	put_time(o, "created", v->created);
	put_bytes(o, "client", v->client_sha256, HASH_SIZE);
	json_end_object(o);
}

static void
put_facts_found(
    struct authority *a, struct json_out *o, const struct explanation *e)
{
	const struct request_facts *f = &e->facts->facts;

	put_bytes(o, "request-sha256", f->request_sha256, HASH_SIZE);
	json_add_text(o, "serial", f->serial);
	if (e->decided)
		put_voucher(o, e);
	/* Whoever repeats these bytes within the minute gets that one. */
	if (f->kind == REQUEST_VOUCHER)
		(void)store_voucher_by_request(a->store, f->request_sha256,
		    e->q->derive.moment - REPLAY_SECONDS,
		    e->q->derive.moment + REPLAY_SECONDS, put_repeat, o);
}

static void
tell(struct authority *a, struct origin to, const struct explanation *e)
{
	static char room[ADMIN_BLOB_MAX];
	struct json_out o;

	json_out_open(&o, room, sizeof(room));
	json_begin_object(&o);
	put_rows(&o, e);
	json_add_text(&o, "kind",
	    e->q->derive.kind == REQUEST_AUDIT_LOG ? "auditlog" : "voucher");
	put_time(&o, "moment", e->q->derive.moment);
	json_add_bool(&o, "granted", e->reason == REASON_OK);
	json_add_text(&o, "reason", reason_code(e->reason));
	json_add_uint(&o, "status", reason_status(e->reason));
	if (e->facts != NULL && e->facts->complete)
		put_facts_found(a, &o, e);
	json_end_object(&o);
	answer_json(to, &o);
}

void
explain_derived(
    struct authority *a, struct pending *p, const struct message_derived *m)
{
	static struct explanation e;
	struct message_admin ask;
	struct question q;

	admin_again(p, &ask);
	memset(&e, 0, sizeof(e));
	if (read_question(&ask, &q, &e.why) != REASON_OK) {
		admin_fail(a, p, REASON_INTERNAL, &e.why);
		return;
	}
	if (m->complete)
		q.derive.moment = m->facts.moment;
	e.q = &q;
	e.facts = m;
	e.reason = walk_front(&e);
	if (e.reason == REASON_OK)
		e.reason = walk_checker(&e);
	if (e.reason == REASON_OK)
		e.reason = walk_authority(a, &e);
	tell(a, p->origin, &e);
	pending_free(a, p);
}

/* The types alone decide: no checker would see the body. */
static void
explain_media(struct authority *a, struct origin to, const struct question *q)
{
	static struct explanation e;

	memset(&e, 0, sizeof(e));
	e.q = q;
	e.reason = walk_front(&e);
	tell(a, to, &e);
}

void
request_explain(
    struct authority *a, struct origin from, const struct message_admin *m)
{
	struct question q;
	struct pending *p;
	struct peer *checker;
	struct why why;
	enum reason r = read_question(m, &q, &why);

	if (r != REASON_OK) {
		answer_refusal(from, r, &why);
		return;
	}
	if (q.media != REASON_OK) {
		explain_media(a, from, &q);
		return;
	}
	q.derive.allowed = a->start.config.legacy;
	if ((p = admin_pending(a, STAGE_DERIVE, from, m)) == NULL)
		return;
	p->checker = checker = some_checker(a, p);
	if (checker != NULL &&
	    PEER_SEND(checker, DERIVE, pending_id(p), derive, &q.derive))
		return;
	why_set(&why, REASON_UNAVAILABLE, -1, "no checker is there");
	admin_fail(a, p, REASON_UNAVAILABLE, &why);
}
