/*
 * hallmark manifest verify, import. A manifest is a stranger's file: a checker
 * looks into it, this program only finds where one ends and the next begins.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"
#include "crypto/hash/hash.h"
#include "journal/manifest.h"
#include "wire/cbor.h"

static void
put_inspect(struct cbor_out *o, const void *value)
{
	message_inspect_put(o, value);
}

enum reason
checker_start(struct children **out, struct why *why)
{
	struct children_plan plan = { .with_checker = true,
		.listener = -1,
		.admin_listener = -1,
		.tls = -1,
		.passphrase = -1 };

	config_defaults(&plan.start.config);
	plan.start.offline = true;
	return children_start(&plan, out, why);
}

enum reason
manifest_look(struct children *checker, struct span bytes,
    const struct manifest_facts **out, struct why *why)
{
	static struct message_inspected answer;
	struct message_inspect m = { .kind = INSPECT_MANIFEST,
		.bytes = bytes,
		.other = span_of(NULL, 0) };
	struct frame frame;
	struct cbor in;
	enum reason r;

	r = children_ask(checker, ROLE_CHECKER, MESSAGE_INSPECT, put_inspect,
	    &m, MESSAGE_INSPECTED, &frame, why);
	if (r != REASON_OK)
		return r;
	cbor_open(&in, frame.payload, true);
	if (!message_inspected_get(&in, &answer))
		return why_set(why, REASON_INTERNAL, -1,
		    "the checker's answer is malformed");
	*out = &answer.manifest;
	return answer.reason == REASON_OK
	    ? REASON_OK
	    : why_set(why, answer.reason, -1, "%s", answer.text);
}

enum reason
manifest_each(
    const char *file, manifest_call call, void *context, struct why *why)
{
	struct span rest, one;
	struct buf bytes;
	enum reason r = file_read(file, &bytes, MANIFEST_FILE_MAX, why);

	rest = buf_span(&bytes);
	if (r == REASON_OK && rest.len == 0)
		r = why_set(why, REASON_MANIFEST_MALFORMED, -1,
		    "%.100s is empty", file);
	while (r == REASON_OK && manifest_next(&rest, &one))
		r = one.len > MANIFEST_SIZE_MAX
		    ? why_set(why, REASON_MANIFEST_MALFORMED, -1,
			  "one of %zu octets", one.len)
		    : call(context, one, why);
	if (r == REASON_OK && rest.len > 0)
		r = why_set(why, REASON_MANIFEST_MALFORMED,
		    (long)(bytes.len - rest.len),
		    "%.100s: octet %zu begins no manifest", file,
		    bytes.len - rest.len);
	buf_free(&bytes);
	return r;
}

/* --- verify --- */

struct range {
	uint8_t signer[SIGNER_ID_SIZE];
	uint64_t first, len;
	size_t at; /* of its first hash */
};

struct verifying {
	struct cli *c;
	struct children *checker;
	const char *file;
	const uint8_t *key;	/* SHA-256 that it must have; NULL: any */
	struct chain_head head; /* of the one before; sequence 0: none */
	uint8_t by[HASH_SIZE];	/* key of the one before */
	struct buf ranges;	/* of struct range: what was met so far */
	struct buf hashes;
	struct json_out o;
};

/* The name of its file, an octet of which may become six, and the rest. */
#define ROW_MAX (6 * PATH_MAX + 1024)

/* Room for another row: how many there will be is not known before. */
static void
make_room(struct json_out *o)
{
	char *room;

	if (o->cap - o->len > 2 * ROW_MAX)
		return;
	room = memory_new(2 * o->cap);
	memcpy(room, o->buf, o->len);
	free(o->buf);
	o->buf = room;
	o->cap *= 2;
}

static void
put_facts(struct verifying *v, const struct manifest_facts *f)
{
	const struct manifest_statement *s = &f->statement;
	char time[CLOCK_TEXT_SIZE];

	make_room(&v->o);
	clock_print(time, f->time);
	json_begin_object(&v->o);
	json_add_text(&v->o, "file", v->file);
	json_add_uint(&v->o, "first", s->first);
	json_add_uint(&v->o, "last", s->last);
	json_add_uint(&v->o, "devices", f->devices_len);
	json_add_uint(&v->o, "undelivered", f->undelivered);
	json_add_text(&v->o, "time", time);
	json_add_hex(&v->o, "signer", span_of(s->signer, SIGNER_ID_SIZE));
	json_add_hex(&v->o, "head", span_of(s->head, HASH_SIZE));
	json_add_hex(&v->o, "key-sha256", span_of(f->key_sha256, HASH_SIZE));
	json_end_object(&v->o);
}

static bool
met_before(void *context, const uint8_t signer[SIGNER_ID_SIZE],
    uint64_t sequence, uint8_t out[HASH_SIZE])
{
	const struct verifying *v = context;
	const struct range *r =
	    (const struct range *)(const void *)v->ranges.ptr;
	size_t n = v->ranges.len / sizeof(*r);

	for (; n > 0; n--, r++) {
		if (memcmp(r->signer, signer, SIGNER_ID_SIZE) != 0 ||
		    sequence < r->first || sequence - r->first >= r->len)
			continue;
		memcpy(out,
		    v->hashes.ptr + r->at +
			(size_t)(sequence - r->first) * HASH_SIZE,
		    HASH_SIZE);
		return true;
	}
	return false;
}

static bool
remember(struct verifying *v, const struct manifest_facts *f)
{
	struct range r = { .first = f->statement.first,
		.len = f->hashes.len / HASH_SIZE,
		.at = v->hashes.len };

	memcpy(r.signer, f->statement.signer, SIGNER_ID_SIZE);
	return buf_add(&v->ranges, span_of(&r, sizeof(r))) &&
	    buf_add(&v->hashes, f->hashes);
}

/* Several are one chain, in the order in which they are named. */
static enum reason
check_chain(
    struct verifying *v, const struct manifest_facts *f, struct why *why)
{
	const struct manifest_statement *s = &f->statement;
	uint64_t fresh = s->first;
	enum reason r = REASON_OK;

	if (v->key != NULL && memcmp(f->key_sha256, v->key, HASH_SIZE) != 0)
		return why_set(why, REASON_MANIFEST_SIGNATURE, -1,
		    "it is signed by another key");
	if (v->head.sequence > 0)
		r = manifest_joins(&v->head, f, met_before, v, &fresh, why);
	if (r == REASON_OK && v->key == NULL && v->head.sequence > 0 &&
	    memcmp(f->key_sha256, v->by, HASH_SIZE) != 0)
		r = why_set(why, REASON_MANIFEST_SIGNATURE, -1,
		    "it is signed by another key than the one before");
	memcpy(v->by, f->key_sha256, HASH_SIZE);
	if (r != REASON_OK || fresh > s->last)
		return r; /* it tells nothing new */
	memcpy(v->head.signer, s->signer, SIGNER_ID_SIZE);
	v->head.sequence = s->last;
	memcpy(v->head.sha256, s->head, HASH_SIZE);
	return remember(v, f) ? r
			      : why_set(why, REASON_ADMIN_ARGUMENT, -1,
				    "too many records for one run");
}

static enum reason
verify_one(void *context, struct span one, struct why *why)
{
	struct verifying *v = context;
	const struct manifest_facts *f;
	struct why inner;
	enum reason r = manifest_look(v->checker, one, &f, &inner);

	if (r == REASON_OK)
		r = check_chain(v, f, &inner);
	if (r == REASON_OK)
		put_facts(v, f);
	return r == REASON_OK
	    ? r
	    : why_set(why, r, -1, "%.60s: %.130s", v->file, inner.text);
}

/* 64 hex digits, or a file with a public key. */
static enum reason
read_key(const char *text, uint8_t key[HASH_SIZE], struct why *why)
{
	struct buf file;
	uint8_t *der;
	size_t len;
	enum reason r;

	if (hex_decode(key, HASH_SIZE, &len, span_str(text)) &&
	    len == HASH_SIZE)
		return REASON_OK;
	if ((r = file_read(text, &file, FILE_MAX, why)) != REASON_OK)
		return r;
	der = memory_new(file.len + 1);
	if (pem_or_der(buf_span(&file), "PUBLIC KEY", der, file.len, &len))
		sha256(span_of(der, len), key);
	else
		r = why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "%.100s holds no public key", text);
	free(der);
	buf_free(&file);
	return r;
}

static int
verify_all(struct verifying *v)
{
	struct span json;
	struct why why;
	enum reason r;
	unsigned i;
	int code = EXIT_DONE;

	why_clear(&why);
	buf_init(&v->ranges, MANIFEST_FILE_MAX);
	buf_init(&v->hashes, 4 * MANIFEST_FILE_MAX);
	json_out_open(&v->o, memory_new(4 * ROW_MAX), 4 * ROW_MAX);
	json_begin_object(&v->o);
	json_put_name(&v->o, "manifests");
	json_begin_array(&v->o);
	r = checker_start(&v->checker, &why);
	for (i = 0; r == REASON_OK && i < v->c->operands_len; i++) {
		v->file = v->c->operands[i];
		r = manifest_each(v->file, verify_one, v, &why);
	}
	json_end_array(&v->o);
	json_end_object(&v->o);
	if (json_out_span(&v->o, &json) != WIRE_OK)
		fatal("a row is longer than its room");
	output_json(v->c, json);
	if (r != REASON_OK)
		code = refuse(v->c, r, &why);
	children_stop(v->checker);
	buf_free(&v->ranges);
	buf_free(&v->hashes);
	free(v->o.buf);
	return code;
}

int
manifest_verify_run(struct cli *c, int argc, char **argv)
{
	const char *key = NULL;
	const struct option_row rows[] = { { "key", &key, NULL, false },
		{ 0 } };
	static struct verifying v;
	uint8_t hash[HASH_SIZE];
	struct why why;
	enum reason r;

	if (!options_read(c, argc, argv, rows, 1, UINT_MAX))
		return EXIT_USAGE;
	why_clear(&why);
	if (key != NULL && (r = read_key(key, hash, &why)) != REASON_OK)
		return refuse(c, r, &why);
	v.c = c;
	v.key = key == NULL ? NULL : hash;
	return verify_all(&v);
}

/* --- import --- */

struct importing {
	struct cli *c;
	struct session *s;
	unsigned taken; /* of one file */
	char last[CELL_MAX];
};

/* Each is one transaction; whatever came before it stays. What is told of it is
 * out at once: whoever is cut off here has it. */
static enum reason
import_one(void *context, struct span one, struct why *why)
{
	struct importing *i = context;
	struct message_admin_reply reply;
	struct json_value root;
	struct message_admin m;
	enum reason r;

	request_begin(&m, "manifest.import");
	request_bytes(&m, "manifest", one);
	if ((r = session_ask(i->s, &m, &reply, why)) != REASON_OK)
		return r;
	output_json(i->c, reply.json);
	fflush(stdout);
	i->taken++;
	if (json_parse(reply.json, &root, NULL) == WIRE_OK)
		output_cell(i->last, &root, "last");
	return r;
}

static enum reason
import_file(struct importing *x, const char *file, struct why *why)
{
	enum reason r;

	x->taken = 0;
	r = manifest_each(file, import_one, x, why);
	if (r != REASON_OK && x->taken > 0)
		fprintf(stderr,
		    "%s: %u manifests were taken, up to record %s, and stay. "
		    "Import the file again\nfrom its begin: it goes on behind "
		    "them.\n",
		    file, x->taken, x->last);
	return r;
}

int
manifest_import_run(struct cli *c, int argc, char **argv)
{
	struct importing x = { .c = c };
	struct why why;
	enum reason r;
	unsigned i;
	int code = EXIT_DONE;

	if (!options_read(c, argc, argv, NULL, 1, UINT_MAX))
		return EXIT_USAGE;
	why_clear(&why);
	r = session_open(c, NEED_SIGNER, &x.s, &why);
	for (i = 0; r == REASON_OK && i < c->operands_len; i++)
		r = import_file(&x, c->operands[i], &why);
	if (r != REASON_OK)
		code = refuse(c, r, &why);
	session_close(x.s);
	return code;
}
