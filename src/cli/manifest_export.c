/*
 * hallmark manifest export: a range of our own journal, as many manifests
 * as it takes. Records come from the journal's files, certificates from the store;
 * the signer compares the last record of each with its own and seals it.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"
#include "crypto/hash/hash.h"
#include "journal/journal.h"
#include "journal/manifest.h"

#define EXPORT_MAX (64u << 20) /* octets of one file; then come again */
#define MARGIN	   4096	       /* octets around the content */
#define ARENA	   (4u * MANIFEST_SIZE_MAX)

struct exporting {
	struct cli *c;
	struct session *s;
	char journal[PATH_MAX];
	uint8_t signer[SIGNER_ID_SIZE];
	char key[KEY_NAME_MAX + 1], key_sha256[HEX_SIZE(HASH_SIZE)];
	uint64_t from, end; /* records that are wanted */

	/* The manifest that is being filled. */
	struct manifest_content content;
	char chains[MANIFEST_CHAINS_MAX][KEY_NAME_MAX + 1];
	struct buf arena; /* what content borrows; it never moves */
	uint64_t first, last;
	uint8_t head[HASH_SIZE];

	struct buf out; /* the file */
	uint64_t begin, manifests, devices;
	bool more;
	bool
	    sealed; /* once at least, as far as one can know: a record says so */
};

static void
begin(struct exporting *x)
{
	memset(&x->content, 0, sizeof(x->content));
	buf_clear(&x->arena);
	x->first = 0;
}

static struct span
keep(struct exporting *x, struct span bytes)
{
	struct span kept = span_of(x->arena.ptr + x->arena.len, bytes.len);

	if (!buf_add(&x->arena, bytes))
		fatal("a manifest is larger than its arena");
	return kept;
}

/* --- the signer's seal --- */

static enum reason
ask_seal(struct exporting *x, struct span content,
    struct message_admin_reply *reply, struct why *why)
{
	char first[24], last[24];
	uint8_t hash[HASH_SIZE];
	struct message_admin m;

	sha256(content, hash);
	snprintf(first, sizeof(first), "%llu", (unsigned long long)x->first);
	snprintf(last, sizeof(last), "%llu", (unsigned long long)x->last);
	request_begin(&m, "manifest.sign");
	request_bytes(&m, "signer", span_of(x->signer, SIGNER_ID_SIZE));
	request_text(&m, "first", first);
	request_text(&m, "last", last);
	request_bytes(&m, "head", span_of(x->head, HASH_SIZE));
	request_bytes(&m, "content", span_of(hash, HASH_SIZE));
	return session_ask(x->s, &m, reply, why);
}

/* Is there a record of it? Of an answer that was lost, or a store that was, too. */
static bool
may_be_sealed(enum reason r)
{
	return r == REASON_OK || r == REASON_UNAVAILABLE ||
	    r == REASON_STORE_FAILED || r == REASON_INTERNAL;
}

static enum reason
seal(struct exporting *x, struct why *why)
{
	static uint8_t content[MANIFEST_SIZE_MAX], whole[MANIFEST_SIZE_MAX];
	struct message_admin_reply reply;
	size_t len, all;
	enum reason r;

	if (x->first == 0)
		return REASON_OK;
	if (!manifest_content_write(
		&x->content, content, sizeof(content), &len))
		return why_set(
		    why, REASON_INTERNAL, -1, "a manifest is too large");
	r = ask_seal(x, span_of(content, len), &reply, why);
	x->sealed |= may_be_sealed(r);
	if (r != REASON_OK)
		return r;
	if (!manifest_write(reply.blob, span_of(content, len), whole,
		sizeof(whole), &all) ||
	    !buf_add(&x->out, span_of(whole, all)))
		return why_set(
		    why, REASON_INTERNAL, -1, "a manifest is too large");
	x->manifests++;
	begin(x);
	return REASON_OK;
}

/* --- certificates --- */

/* A string member in base64, as octets of the arena. */
static bool
keep_base64(struct exporting *x, const struct json_value *v, struct span *out)
{
	uint8_t room[CERTIFICATE_MAX];
	struct span der;

	if (!json_certificate(v, room, &der))
		return false;
	*out = keep(x, der);
	return true;
}

/* The device's certificate, or nothing: then nobody got it. */
static enum reason
find_certificate(struct exporting *x, const struct device *d, struct span *out,
    struct why *why)
{
	char spki[HEX_SIZE(HASH_SIZE)], other[CELL_MAX];
	struct message_admin_reply reply;
	struct json_value root, list, one, v;
	struct message_admin m;
	struct json_iter i;
	enum reason r;

	*out = span_of(NULL, 0);
	hex_encode(spki, span_of(d->spki_sha256, HASH_SIZE));
	request_begin(&m, "device.show");
	request_text(&m, "serial", d->serial);
	r = session_ask(x->s, &m, &reply, why);
	if (r == REASON_DEVICE_UNKNOWN)
		return REASON_OK;
	if (r != REASON_OK)
		return r;
	if (json_parse(reply.json, &root, NULL) != WIRE_OK ||
	    !json_member(&root, "devices", &list))
		return why_set(why, REASON_INTERNAL, -1, "device.show");
	json_iter_open(&i, &list);
	while (json_iter_next(&i, NULL, &one)) {
		output_cell(other, &one, "spki-sha256");
		if (strcmp(other, spki) == 0 &&
		    json_member(&one, "certificate", &v) &&
		    !keep_base64(x, &v, out))
			return why_set(why, REASON_INTERNAL, -1, "certificate");
	}
	return REASON_OK;
}

/* The chain of an issuing CA, once in each manifest. */
static enum reason
add_chain(struct exporting *x, const char *name, struct why *why)
{
	struct manifest_chain *chain;
	struct message_admin_reply reply;
	struct json_value root, list, one;
	struct message_admin m;
	struct json_iter i;
	enum reason r;
	unsigned n;

	for (n = 0; n < x->content.chains_len; n++)
		if (strcmp(x->chains[n], name) == 0)
			return REASON_OK;
	request_begin(&m, "ca.show");
	request_text(&m, "name", name);
	if ((r = session_ask(x->s, &m, &reply, why)) != REASON_OK)
		return r;
	memcpy(x->chains[n], name, strlen(name) + 1);
	chain = &x->content.chains[x->content.chains_len++];
	if (json_parse(reply.json, &root, NULL) != WIRE_OK ||
	    !json_member(&root, "chain", &list))
		return why_set(why, REASON_INTERNAL, -1, "ca.show");
	json_iter_open(&i, &list);
	while (chain->len < CHAIN_MAX && json_iter_next(&i, NULL, &one))
		if (!keep_base64(x, &one, &chain->certificates[chain->len++]))
			return why_set(why, REASON_INTERNAL, -1, "chain");
	return REASON_OK;
}

/* --- records --- */

/* A device comes with its certificate and, at first, a chain. */
static bool
has_room(const struct exporting *x, const struct record *r, size_t len)
{
	size_t more = len + 8;

	if (r->kind == RECORD_IDEVID)
		more += (CHAIN_MAX + 1) * CERTIFICATE_MAX;
	return x->content.records_len < MANIFEST_RECORDS_MAX &&
	    x->content.certificates_len < MANIFEST_DEVICES_MAX &&
	    x->content.chains_len < MANIFEST_CHAINS_MAX &&
	    x->arena.len + 8u * x->content.records_len + more + MARGIN <=
	    MANIFEST_SIZE_MAX;
}

static enum reason
add_idevid(struct exporting *x, const struct record *r, struct why *why)
{
	struct span *place =
	    &x->content.certificates[x->content.certificates_len++];
	enum reason reason = find_certificate(x, &r->idevid.device, place, why);

	if (reason != REASON_OK || place->len == 0)
		return reason;
	x->devices++;
	return add_chain(x, r->idevid.key, why);
}

static enum reason
add_record(
    void *context, const struct record *r, struct span bytes, struct why *why)
{
	struct exporting *x = context;
	enum reason reason;

	if (r->sequence > x->end)
		return why_set(why, REASON_STOPPING, -1, "enough");
	if (!has_room(x, r, bytes.len) && (reason = seal(x, why)) != REASON_OK)
		return reason;
	if (x->out.len + MANIFEST_SIZE_MAX > EXPORT_MAX) {
		x->more = true;
		return why_set(why, REASON_STOPPING, -1, "enough");
	}
	if (x->first == 0)
		x->first = r->sequence;
	if (x->begin == 0)
		x->begin = r->sequence;
	x->last = r->sequence;
	record_hash(bytes, x->head);
	x->content.records[x->content.records_len++] = keep(x, bytes);
	return r->kind == RECORD_IDEVID ? add_idevid(x, r, why) : REASON_OK;
}

/* --- which journal, which key --- */

static enum reason
ask_state(struct exporting *x, struct json_value *root, struct why *why)
{
	struct message_admin_reply reply;
	struct message_admin m;
	enum reason r;

	request_begin(&m, "manifest.state");
	if ((r = session_ask(x->s, &m, &reply, why)) != REASON_OK)
		return r;
	return json_parse(reply.json, root, NULL) == WIRE_OK
	    ? REASON_OK
	    : why_set(why, REASON_INTERNAL, -1, "manifest.state");
}

/* A key of its own, made when it is first needed. */
static enum reason
make_key(struct exporting *x, const char *name, struct why *why)
{
	struct message_admin_reply reply;
	struct message_admin m;

	request_begin(&m, "ca.request");
	request_text(&m, "purpose", "manifest");
	request_text(&m, "name", name);
	return session_ask(x->s, &m, &reply, why);
}

static enum reason
read_state(struct exporting *x, bool may_make, struct why *why)
{
	char signer[CELL_MAX], text[CELL_MAX];
	struct json_value root;
	size_t len;
	enum reason r;

	if ((r = ask_state(x, &root, why)) != REASON_OK)
		return r;
	output_cell(text, &root, "key");
	if (strcmp(text, "-") == 0 && may_make) {
		output_cell(text, &root, "free-name");
		r = make_key(x, text, why);
		return r == REASON_OK ? read_state(x, false, why) : r;
	}
	(void)text_copy(x->key, sizeof(x->key), span_str(text));
	output_cell(text, &root, "key-sha256");
	(void)text_copy(x->key_sha256, sizeof(x->key_sha256), span_str(text));
	output_cell(signer, &root, "signer");
	if (!hex_decode(x->signer, SIGNER_ID_SIZE, &len, span_str(signer)))
		return why_set(why, REASON_INTERNAL, -1, "manifest.state");
	output_cell(text, &root, "sequence");
	(void)text_uint(span_str(text), INT64_MAX, &x->end);
	output_cell(text, &root, "from");
	if (x->from == 0)
		(void)text_uint(span_str(text), INT64_MAX, &x->from);
	return REASON_OK;
}

static enum reason
keep_signer(
    void *context, const struct record *r, struct span bytes, struct why *why)
{
	(void)bytes;
	memcpy(context, r->signer, SIGNER_ID_SIZE);
	return why_set(why, REASON_STOPPING, -1, "enough");
}

/* Back to the journal of that signer (journal succeed). */
static enum reason
find_journal(struct exporting *x, const char *signer, struct why *why)
{
	uint8_t wanted[SIGNER_ID_SIZE], here[SIGNER_ID_SIZE] = { 0 };
	char before[PATH_MAX];
	bool found = true;
	size_t len;
	enum reason r;

	if (!hex_decode(wanted, SIGNER_ID_SIZE, &len, span_str(signer)) ||
	    len != SIGNER_ID_SIZE)
		return why_set(
		    why, REASON_ADMIN_ARGUMENT, -1, "--signer: 32 hex digits");
	while (found) {
		r = journal_read(x->journal, 1, keep_signer, here, why);
		if (r != REASON_STOPPING)
			return r;
		if (memcmp(here, wanted, SIGNER_ID_SIZE) == 0) {
			if (memcmp(here, x->signer, SIGNER_ID_SIZE) != 0)
				x->end = INT64_MAX; /* it ends by itself */
			memcpy(x->signer, here, SIGNER_ID_SIZE);
			return REASON_OK;
		}
		r = journal_before(x->journal, before, &found, why);
		if (r != REASON_OK)
			return r;
		memcpy(x->journal, before, sizeof(before));
	}
	return why_set(why, REASON_ADMIN_ARGUMENT, -1,
	    "--signer: no journal of that signer lies here");
}

/* Beside the manifests, not behind them in one stream. */
static void
print(const struct exporting *x, const char *out)
{
	char room[1024];
	struct json_out o;
	struct span json;

	json_out_open(&o, room, sizeof(room));
	json_begin_object(&o);
	json_add_hex(&o, "signer", span_of(x->signer, SIGNER_ID_SIZE));
	json_add_uint(&o, "first", x->begin);
	json_add_uint(&o, "last", x->last);
	json_add_hex(&o, "head", span_of(x->head, HASH_SIZE));
	json_add_uint(&o, "manifests", x->manifests);
	json_add_uint(&o, "devices", x->devices);
	json_add_text(&o, "key", x->key);
	json_add_text(&o, "key-sha256", x->key_sha256);
	json_add_bool(&o, "more", x->more);
	json_end_object(&o);
	if (json_out_span(&o, &json) != WIRE_OK)
		fatal("the summary does not fit");
	if (strcmp(out, "-") == 0)
		fprintf(
		    stderr, "%.*s\n", (int)json.len, (const char *)json.ptr);
	else
		output_json(x->c, json);
}

static enum reason
export_to(
    struct exporting *x, const char *signer, const char *out, struct why *why)
{
	char home[CONFIG_TEXT];
	enum reason r;

	if ((r = home_path(x->c, home, why)) != REASON_OK ||
	    (r = file_writable(out, why)) != REASON_OK ||
	    (r = session_open(x->c, NEED_SIGNER, &x->s, why)) != REASON_OK)
		return r;
	path_join(x->journal, sizeof(x->journal), home, "signer/journal");
	r = read_state(x, true, why);
	if (r == REASON_OK && signer != NULL)
		r = find_journal(x, signer, why);
	if (r != REASON_OK)
		return r;
	begin(x);
	r = journal_read(x->journal, x->from, add_record, x, why);
	if (r == REASON_OK || r == REASON_STOPPING)
		r = seal(x, why);
	if (r == REASON_OK && x->manifests == 0)
		r = why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "--from: there is no record %llu yet",
		    (unsigned long long)x->from);
	if (r == REASON_OK)
		r = file_write(out, buf_span(&x->out), 0644, why);
	return r;
}

/* The next one would begin behind what is sealed, as if somebody had it. */
static void
tell_lost(const struct exporting *x, const char *signer)
{
	fprintf(stderr,
	    "records were signed and are in no file: export again with "
	    "--from %llu%s%s\n",
	    (unsigned long long)x->begin, signer == NULL ? "" : " --signer ",
	    signer == NULL ? "" : signer);
}

int
manifest_export_run(struct cli *c, int argc, char **argv)
{
	const char *from = NULL, *signer = NULL, *out = NULL;
	const struct option_row rows[] = { { "from", &from, NULL, false },
		{ "signer", &signer, NULL, false }, { "out", &out, NULL, true },
		{ 0 } };
	static struct exporting x;
	struct why why;
	enum reason r;
	int code = EXIT_DONE;

	if (!options_read(c, argc, argv, rows, 0, 0))
		return EXIT_USAGE;
	if (from != NULL &&
	    (!text_uint(span_str(from), INT64_MAX, &x.from) || x.from == 0))
		return usage_error(c, "--from takes the number of a record");
	if (signer != NULL && from == NULL)
		x.from = 1;
	x.c = c;
	why_clear(&why);
	buf_init(&x.arena, ARENA);
	(void)buf_reserve(&x.arena, ARENA);
	buf_init(&x.out, EXPORT_MAX);
	if ((r = export_to(&x, signer, out, &why)) != REASON_OK) {
		code = refuse(c, r, &why);
		if (x.sealed)
			tell_lost(&x, signer);
	} else {
		print(&x, out);
	}
	session_close(x.s);
	buf_free(&x.arena);
	buf_free(&x.out);
	return code;
}
