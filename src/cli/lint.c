/* hallmark lint: a checker looks at each file, this program does not. */
#include <limits.h>
#include <stdio.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"
#include "wire/cbor.h"
#include "wire/json.h"

struct linting {
	struct cli *c;
	struct children *checker;
	struct span issuer;
	int code;
	bool gone; /* the checker */
};

static void
put_inspect(struct cbor_out *o, const void *value)
{
	message_inspect_put(o, value);
}

static void
member(const struct json_value *object, const char *name, char out[200])
{
	struct json_value v;
	size_t len;

	out[0] = '\0';
	if (json_member(object, name, &v) &&
	    json_string(&v, out, 200, &len) != WIRE_OK)
		text_copy(out, 200, v.raw);
}

static void
print_findings(const char *file, struct span json)
{
	char code[200], clause[200], sentence[200], found[200], offset[200];
	struct json_value root, list, one;
	struct json_iter i;

	if (json_parse(json, &root, NULL) != WIRE_OK ||
	    !json_member(&root, "findings", &list) || list.type != JSON_ARRAY)
		return;
	json_iter_open(&i, &list);
	while (json_iter_next(&i, NULL, &one)) {
		member(&one, "code", code);
		member(&one, "clause", clause);
		member(&one, "sentence", sentence);
		member(&one, "found", found);
		member(&one, "offset", offset);
		printf("%s: octet %s: %s: %s (%s): %s\n", file, offset, code,
		    sentence, clause, found);
	}
}

static void
print_json(const char *file, const struct message_inspected *answer)
{
	static char room[FRAME_MAX];
	struct json_out o;

	json_out_open(&o, room, sizeof(room));
	json_begin_object(&o);
	json_put_name(&o, "file");
	json_put_text(&o, file);
	json_put_name(&o, "reason");
	json_put_text(&o, reason_code(answer->reason));
	json_put_name(&o, "text");
	json_put_text(&o, answer->text);
	json_put_name(&o, "result");
	printf("%.*s%.*s}\n", (int)o.len, room,
	    answer->json.len > 0 ? (int)answer->json.len : 4,
	    answer->json.len > 0 ? (const char *)answer->json.ptr : "null");
}

static enum reason
lint_bytes(struct linting *l, const char *name, struct span bytes,
    struct span issuer, struct why *why)
{
	struct message_inspect m = {
		.kind = INSPECT_LINT, .bytes = bytes, .other = issuer
	};
	struct message_inspected answer;
	struct frame reply;
	struct cbor in;
	enum reason r = children_ask(l->checker, ROLE_CHECKER, MESSAGE_INSPECT,
	    put_inspect, &m, MESSAGE_INSPECTED, &reply, why);

	if (r != REASON_OK)
		return r;
	cbor_open(&in, reply.payload, true);
	if (!message_inspected_get(&in, &answer))
		return why_set(why, REASON_INTERNAL, -1, "malformed answer");
	if (l->c->json)
		print_json(name, &answer);
	else
		print_findings(name, answer.json);
	return why_set(why, answer.reason, -1, "%s", answer.text);
}

static void
tell(struct linting *l, const char *name, enum reason r, const struct why *why)
{
	if (r == REASON_OK)
		return;
	fprintf(stderr, "%s: ", name);
	l->code = refuse(l->c, r, why);
	l->gone = r == REASON_UNAVAILABLE;
}

/* A chain: each certificate with the next one as its issuer, unless --issuer
 * named one. */
static void
lint_chain(struct linting *l, const char *file, struct span rest)
{
	uint8_t rooms[2][CERTIFICATE_MAX];
	struct span mine, next, none = span_of(NULL, 0);
	char name[PATH_MAX + 16];
	unsigned i;
	bool more = pem_next(&rest, rooms[0], CERTIFICATE_MAX, &mine);
	struct why why;

	for (i = 0; more && !l->gone; i++, mine = next) {
		more =
		    pem_next(&rest, rooms[(i + 1) % 2], CERTIFICATE_MAX, &next);
		snprintf(name, sizeof(name), "%s#%u", file, i + 1);
		why_clear(&why);
		tell(l, name,
		    lint_bytes(l, name, mine,
			l->issuer.len > 0 ? l->issuer
			    : more	  ? next
					  : none,
			&why),
		    &why);
	}
}

static bool
is_chain(struct span rest)
{
	uint8_t room[CERTIFICATE_MAX];
	struct span der;

	return pem_next(&rest, room, sizeof(room), &der) &&
	    pem_next(&rest, room, sizeof(room), &der);
}

static void
lint_file(struct linting *l, const char *file)
{
	struct buf bytes;
	struct why why;
	enum reason r;

	why_clear(&why);
	r = file_read(file, &bytes, FILE_MAX, &why);
	if (r == REASON_OK && is_chain(buf_span(&bytes)))
		lint_chain(l, file, buf_span(&bytes));
	else if (r == REASON_OK)
		r = lint_bytes(l, file, buf_span(&bytes), l->issuer, &why);
	tell(l, file, r, &why);
	buf_free(&bytes);
}

int
lint_run(struct cli *c, int argc, char **argv)
{
	const char *issuer_path = NULL;
	const struct option_row rows[] = {
		{ "issuer", &issuer_path, NULL, false }, { 0 }
	};
	struct children_plan plan = { .with_checker = true,
		.listener = -1,
		.admin_listener = -1,
		.tls = -1,
		.passphrase = -1 };
	struct linting l = { .c = c, .code = EXIT_DONE };
	struct buf issuer = { 0 };
	struct why why;
	enum reason r = REASON_OK;
	unsigned i;

	if (!options_read(c, argc, argv, rows, 1, UINT_MAX))
		return EXIT_USAGE;
	why_clear(&why);
	config_defaults(&plan.start.config);
	plan.start.offline = true;
	if (issuer_path != NULL)
		r = file_read(issuer_path, &issuer, FILE_MAX, &why);
	if (r == REASON_OK)
		r = children_start(&plan, &l.checker, &why);
	if (r != REASON_OK)
		l.code = refuse(c, r, &why);
	l.issuer = buf_span(&issuer);
	for (i = 0; r == REASON_OK && !l.gone && i < c->operands_len; i++)
		lint_file(&l, c->operands[i]);
	children_stop(l.checker);
	buf_free(&issuer);
	return l.code;
}
