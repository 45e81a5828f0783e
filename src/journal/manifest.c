/* Manifests as octets, see manifest.h. */
#include "journal/manifest.h"

#include "base/fatal.h"
#include "crypto/hash/hash.h"
#include "journal/journal.h"
#include "wire/cbor.h"

/* --- writing --- */

static bool
written(const struct cbor_out *o, size_t *len)
{
	*len = o->len;
	return !o->full;
}

void
manifest_statement_write(const struct manifest_statement *s,
    uint8_t out[STATEMENT_SIZE_MAX], size_t *len)
{
	struct cbor_out o;

	cbor_out_open(&o, out, STATEMENT_SIZE_MAX);
	cbor_put_array(&o, 6);
	cbor_put_string(&o, MANIFEST_MAGIC);
	cbor_put_bytes(&o, span_of(s->signer, sizeof(s->signer)));
	cbor_put_uint(&o, s->first);
	cbor_put_uint(&o, s->last);
	cbor_put_bytes(&o, span_of(s->head, HASH_SIZE));
	cbor_put_bytes(&o, span_of(s->content, HASH_SIZE));
	if (!written(&o, len))
		fatal("a statement does not fit");
}

static void
put_spans(struct cbor_out *o, const struct span *all, unsigned len)
{
	unsigned i;

	cbor_put_array(o, len);
	for (i = 0; i < len; i++)
		cbor_put_bytes(o, all[i]);
}

bool
manifest_content_write(
    const struct manifest_content *c, uint8_t *out, size_t cap, size_t *len)
{
	struct cbor_out o;
	unsigned i;

	cbor_out_open(&o, out, cap);
	cbor_put_array(&o, 3);
	put_spans(&o, c->records, c->records_len);
	put_spans(&o, c->certificates, c->certificates_len);
	cbor_put_array(&o, c->chains_len);
	for (i = 0; i < c->chains_len; i++)
		put_spans(&o, c->chains[i].certificates, c->chains[i].len);
	return written(&o, len);
}

bool
manifest_seal_write(struct span statement, struct span key,
    struct span signature, uint8_t *out, size_t cap, size_t *len)
{
	struct cbor_out o;

	cbor_out_open(&o, out, cap);
	cbor_put_array(&o, 3);
	cbor_put_bytes(&o, statement);
	cbor_put_bytes(&o, key);
	cbor_put_bytes(&o, signature);
	return written(&o, len);
}

bool
manifest_write(struct span seal, struct span content, uint8_t *out, size_t cap,
    size_t *len)
{
	struct cbor_out o;

	cbor_out_open(&o, out, cap);
	cbor_put_array(&o, 2);
	cbor_put_raw(&o, seal);
	cbor_put_bytes(&o, content);
	return written(&o, len);
}

/* --- reading --- */

static bool
get_array(struct cbor *c, uint64_t low, uint64_t high, uint64_t *count)
{
	return cbor_array(c, count) == WIRE_OK && *count >= low &&
	    *count <= high;
}

static bool
get_number(struct cbor *c, uint64_t *out)
{
	return cbor_uint(c, out) == WIRE_OK && *out >= 1 && *out <= INT64_MAX;
}

static bool
get_octets(struct cbor *c, size_t low, size_t high, struct span *out)
{
	return cbor_bytes(c, out) == WIRE_OK && out->len >= low &&
	    out->len <= high;
}

static bool
get_statement(struct span bytes, struct manifest_statement *s)
{
	struct span magic;
	struct cbor c;
	uint64_t n;

	cbor_open(&c, bytes, true);
	return get_array(&c, 6, 6, &n) && cbor_text(&c, &magic) == WIRE_OK &&
	    span_is(magic, MANIFEST_MAGIC) &&
	    cbor_bytes_exact(&c, s->signer, sizeof(s->signer)) == WIRE_OK &&
	    get_number(&c, &s->first) && get_number(&c, &s->last) &&
	    s->first <= s->last && s->last - s->first < MANIFEST_RECORDS_MAX &&
	    cbor_bytes_exact(&c, s->head, HASH_SIZE) == WIRE_OK &&
	    cbor_bytes_exact(&c, s->content, HASH_SIZE) == WIRE_OK &&
	    cbor_end(&c) == WIRE_OK;
}

static bool
get_spans(struct cbor *c, unsigned low, unsigned high, size_t least,
    size_t most, struct span *all, unsigned *len)
{
	uint64_t n;

	if (!get_array(c, low, high, &n))
		return false;
	for (*len = 0; *len < n; ++*len)
		if (!get_octets(c, least, most, &all[*len]))
			return false;
	return true;
}

static bool
get_content(struct span bytes, struct manifest_content *out)
{
	struct cbor c;
	uint64_t n;

	cbor_open(&c, bytes, true);
	if (!get_array(&c, 3, 3, &n) ||
	    !get_spans(&c, 1, MANIFEST_RECORDS_MAX, 1, RECORD_MAX, out->records,
		&out->records_len) ||
	    !get_spans(&c, 0, MANIFEST_DEVICES_MAX, 0, CERTIFICATE_MAX,
		out->certificates, &out->certificates_len) ||
	    !get_array(&c, 0, MANIFEST_CHAINS_MAX, &n))
		return false;
	for (out->chains_len = 0; out->chains_len < n; out->chains_len++)
		if (!get_spans(&c, 2, CHAIN_MAX, 1, CERTIFICATE_MAX,
			out->chains[out->chains_len].certificates,
			&out->chains[out->chains_len].len))
			return false;
	return cbor_end(&c) == WIRE_OK;
}

static enum reason
malformed(struct why *why, const char *what)
{
	return why_set(why, REASON_MANIFEST_MALFORMED, -1, "%s", what);
}

enum reason
manifest_read(struct span bytes, struct manifest *out, struct why *why)
{
	uint8_t hash[HASH_SIZE];
	struct span content;
	struct cbor c;
	uint64_t n;

	if (bytes.len > MANIFEST_SIZE_MAX)
		return malformed(why, "it is too long");
	cbor_open(&c, bytes, true);
	if (!get_array(&c, 2, 2, &n) || !get_array(&c, 3, 3, &n) ||
	    !get_octets(&c, 1, STATEMENT_SIZE_MAX, &out->statement) ||
	    !get_octets(&c, 1, SPKI_MAX, &out->key) ||
	    !get_octets(&c, 1, MANIFEST_SIGNATURE_MAX, &out->signature) ||
	    !get_octets(&c, 1, MANIFEST_SIZE_MAX, &content) ||
	    cbor_end(&c) != WIRE_OK)
		return malformed(why,
		    "it is not [[statement, key, signature], "
		    "content]");
	if (!get_statement(out->statement, &out->facts))
		return malformed(why, "the statement");
	sha256(content, hash);
	if (memcmp(hash, out->facts.content, HASH_SIZE) != 0)
		return why_set(why, REASON_MANIFEST_SIGNATURE, -1,
		    "the content is not what was signed");
	if (!get_content(content, &out->content))
		return malformed(why, "the content");
	if (out->content.records_len != out->facts.last - out->facts.first + 1)
		return malformed(why, "the number of records");
	return REASON_OK;
}

bool
manifest_next(struct span *rest, struct span *one)
{
	struct span part;
	struct cbor c;
	uint64_t n;
	unsigned i;

	cbor_open(&c, *rest, true);
	if (!get_array(&c, 2, 2, &n) || !get_array(&c, 3, 3, &n))
		return false;
	for (i = 0; i < 4; i++)
		if (cbor_bytes(&c, &part) != WIRE_OK)
			return false;
	*one = span_of(rest->ptr, (size_t)(c.pos - rest->ptr));
	*rest = span_of(c.pos, rest->len - one->len);
	return true;
}

/* --- its records --- */

static enum reason
check_record(const struct manifest *m, const struct record *r, unsigned i,
    struct manifest_facts *f, struct why *why)
{
	const uint8_t *before =
	    i == 0 ? f->previous : f->hashes.ptr + (size_t)(i - 1) * HASH_SIZE;
	struct ledger_before from;

	if (i == 0)
		memcpy(f->previous, r->previous, HASH_SIZE);
	if (memcmp(r->signer, m->facts.signer, sizeof(r->signer)) != 0)
		return malformed(why, "a record of another signer");
	if (r->sequence != m->facts.first + i)
		return malformed(why, "a record is out of place");
	if (memcmp(r->previous, before, HASH_SIZE) != 0)
		return malformed(why, "a record does not join the one before");
	if (i > 0 && r->time < f->time)
		return malformed(why, "time goes back");
	f->time = r->time;
	if (r->sequence != 1)
		return REASON_OK;
	if (ledger_before(r, &from, NULL) != REASON_OK)
		return malformed(why, "record 1 begins no chain");
	memcpy(f->before.signer, from.signer, sizeof(from.signer));
	f->before.sequence = from.sequence;
	memcpy(f->before.sha256, from.head, HASH_SIZE);
	return REASON_OK;
}

enum reason
manifest_walk(const struct manifest *m,
    uint8_t room[MANIFEST_RECORDS_MAX * HASH_SIZE], struct manifest_facts *out,
    manifest_record_call call, void *context, struct why *why)
{
	struct moments moments = { 0 };
	struct record r;
	enum reason reason;
	unsigned i;

	memset(out, 0, sizeof(*out));
	out->statement = m->facts;
	out->hashes.ptr = room;
	for (i = 0; i < m->content.records_len; i++) {
		if (record_read(m->content.records[i], &r, why) != REASON_OK)
			return malformed(why, "a record cannot be read");
		/* The clock may lag as far as it likes until the chain moves on:
		 * what was accepted before the range is not in it. */
		if (i == 0)
			moments.chain = r.time;
		reason = check_record(m, &r, i, out, why);
		if (reason == REASON_OK)
			reason = moments_take(
			    &moments, &r, m->content.records[i], why);
		if (reason == REASON_OK && call != NULL)
			reason = call(context, &r, why);
		if (reason != REASON_OK)
			return reason;
		record_hash(m->content.records[i], room + i * HASH_SIZE);
		out->hashes.len += HASH_SIZE;
	}
	if (memcmp(room + (i - 1) * HASH_SIZE, m->facts.head, HASH_SIZE) != 0)
		return malformed(why, "its last record is another one");
	return REASON_OK;
}
