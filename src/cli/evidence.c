/* The evidence of ceremonies, see evidence.h; hallmark ceremony record. */
#include "cli/evidence.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "wire/json.h"

#define FACTS_MAX (1 << 20)

static void
text_of(const struct json_value *v, const char *name, char *out, size_t cap)
{
	char text[CELL_MAX];

	output_cell(text, v, name);
	(void)text_copy(out, cap, span_str(text));
}

static unsigned
number_of(const struct json_value *v, const char *name)
{
	char text[CELL_MAX];
	uint64_t n = 0;

	output_cell(text, v, name);
	(void)text_uint(span_str(text), UINT32_MAX, &n);
	return (unsigned)n;
}

static int64_t
moment_of(const struct json_value *v, const char *name)
{
	char text[CELL_MAX];
	int64_t moment = 0;

	output_cell(text, v, name);
	(void)date_parse(span_str(text), &moment);
	return moment;
}

const struct kept_root *
evidence_root(const struct evidence *e, const char *certificate)
{
	unsigned i;

	for (i = 0; i < e->roots_len; i++)
		if (strcmp(e->roots[i].certificate, certificate) == 0)
			return &e->roots[i];
	return NULL;
}

const struct kept_ceremony *
evidence_signed(const struct evidence *e, const char *certificate)
{
	unsigned i;

	for (i = 0; i < e->signed_len; i++)
		if (strcmp(e->signed_[i].certificate, certificate) == 0)
			return &e->ceremonies[e->signed_[i].ceremony];
	return NULL;
}

static void
take_holders(struct kept_root *root, const struct json_value *one)
{
	struct json_value list, person;
	struct json_iter i;
	struct kept_holder *h;

	if (!json_member(one, "custodians", &list))
		return;
	root->holders_len = 0;
	json_iter_open(&i, &list);
	while (root->holders_len < EVIDENCE_HOLDERS &&
	    json_iter_next(&i, NULL, &person)) {
		h = &root->holders[root->holders_len++];
		text_of(&person, "handle", h->handle, sizeof(h->handle));
		text_of(&person, "place", h->place, sizeof(h->place));
	}
}

/* The bags that a ceremony tells of, unless a later one was read before: they come in
 * the order of their names. */
static void
take_bags(struct kept_root *root, const struct json_value *one, int64_t end)
{
	struct json_value list, bag;
	struct json_iter i;
	unsigned n;

	if (!json_member(one, "bags", &list))
		return;
	json_iter_open(&i, &list);
	for (n = 0; n < EVIDENCE_HOLDERS && json_iter_next(&i, NULL, &bag); n++)
		if (bag.type == JSON_STRING && end >= root->holders[n].sealed &&
		    json_copy(&bag, root->holders[n].bag,
			sizeof(root->holders[n].bag)))
			root->holders[n].sealed = end;
}

static bool
is_rehearsal(const struct json_value *ceremony)
{
	char text[CELL_MAX];

	output_cell(text, ceremony, "rehearsal");
	return strcmp(text, "yes") == 0;
}

/* NULL: none of them, so far. */
static struct kept_root *
root_known(const struct evidence *e, const struct json_value *one)
{
	char certificate[HEX_SIZE(HASH_SIZE)];

	text_of(one, "certificate-sha256", certificate, sizeof(certificate));
	return (struct kept_root *)(uintptr_t)evidence_root(e, certificate);
}

/* Known before, or not; NULL if there are too many. */
static struct kept_root *
root_of(struct evidence *e, const struct json_value *one)
{
	struct kept_root *root = root_known(e, one);

	if (root == NULL) {
		if (e->roots_len == EVIDENCE_ROOTS) {
			e->full = true;
			return NULL;
		}
		root = &e->roots[e->roots_len++];
		text_of(one, "name", root->name, sizeof(root->name));
		text_of(one, "purpose", root->purpose, sizeof(root->purpose));
		text_of(
		    one, "algorithm", root->algorithm, sizeof(root->algorithm));
		text_of(one, "certificate-sha256", root->certificate,
		    sizeof(root->certificate));
	}
	return root;
}

/* A ceremony changes what is known of a root: who has its shares, when a quorum last
 * brought it back, that it is gone. */
static void
take_root(struct evidence *e, const struct json_value *ceremony,
    const struct kept_ceremony *kept, const struct json_value *one)
{
	struct kept_root *root = root_of(e, one);
	bool splits = strcmp(kept->kind, "create") == 0 ||
	    strcmp(kept->kind, "refresh") == 0;

	if (root == NULL)
		return;
	/* In the order of their names, not of their dates. */
	if (strcmp(kept->kind, "create") == 0)
		root->born = kept->end;
	if (splits ? kept->end >= root->split : root->split == 0) {
		root->split = splits ? kept->end : 0;
		root->shares = number_of(ceremony, "shares");
		root->threshold = number_of(ceremony, "threshold");
		root->old_open = number_of(one, "old-shares-open");
		take_holders(root, ceremony);
	}
	take_bags(root, one, kept->end);
	if (strcmp(kept->kind, "destroy") == 0)
		root->destroyed = true;
	else if (kept->end > root->drilled)
		root->drilled = kept->end;
	if (kept->end >= root->touched) {
		root->touched = kept->end;
		memcpy(root->last, kept->manifest, sizeof(root->last));
	}
}

/* No ceremony that counts, but shares on paper that open a root. That of a rehearsal is
 * none of ours, unless closed bundles tell of it. */
static void
take_unfinished(struct evidence *e, const struct json_value *one)
{
	struct json_value list, item;
	struct kept_root *root;
	struct json_iter i;

	if (!json_member(one, "roots", &list))
		return;
	json_iter_open(&i, &list);
	while (json_iter_next(&i, NULL, &item)) {
		root = is_rehearsal(one) ? root_known(e, &item)
					 : root_of(e, &item);
		if (root != NULL)
			root->unfinished += number_of(&item, "shares-made");
	}
}

static void
take_ceremony(struct evidence *e, const struct json_value *one)
{
	struct kept_ceremony *kept = &e->ceremonies[e->ceremonies_len];
	struct json_value list, item;
	struct json_iter i;

	text_of(one, "manifest", kept->manifest, sizeof(kept->manifest));
	text_of(one, "kind", kept->kind, sizeof(kept->kind));
	kept->rehearsal = is_rehearsal(one);
	kept->end = moment_of(one, "end");
	if (json_member(one, "roots", &list)) {
		json_iter_open(&i, &list);
		while (json_iter_next(&i, NULL, &item))
			take_root(e, one, kept, &item);
	}
	if (json_member(one, "certificates", &list)) {
		json_iter_open(&i, &list);
		while (json_iter_next(&i, NULL, &item)) {
			struct kept_signed *s;

			if (e->signed_len == EVIDENCE_SIGNED) {
				e->full = true;
				break;
			}
			s = &e->signed_[e->signed_len++];
			text_of(&item, "certificate-sha256", s->certificate,
			    sizeof(s->certificate));
			s->ceremony = e->ceremonies_len;
		}
	}
	e->ceremonies_len++;
}

/* Closed ones, or those that are not. */
static void
take_all(struct evidence *e, const struct json_value *list, bool unfinished)
{
	struct json_value one, mark;
	struct json_iter i;

	json_iter_open(&i, list);
	while (!e->full && json_iter_next(&i, NULL, &one)) {
		if (json_member(&one, "unfinished", &mark) != unfinished)
			continue;
		if (unfinished)
			take_unfinished(e, &one);
		else if (e->ceremonies_len == EVIDENCE_CEREMONIES)
			e->full = true;
		else
			take_ceremony(e, &one);
	}
}

enum reason
evidence_read(const char *folder, struct evidence **out, struct why *why)
{
	const char *argv[] = { "hallmark-ceremony", "verify", "--json", folder,
		NULL };
	struct evidence *e = memory_new(sizeof(*e));
	struct json_value root, list;
	struct buf text;
	enum reason r;

	*out = e;
	buf_init(&text, FACTS_MAX);
	if ((r = tool_read("ceremony", argv, &text, why)) == REASON_OK &&
	    (json_parse(buf_span(&text), &root, NULL) != WIRE_OK ||
		!json_member(&root, "ceremonies", &list)))
		r = why_set(why, REASON_INTERNAL, -1, "hallmark-ceremony");
	if (r == REASON_OK) {
		take_all(e, &list, false);
		take_all(e, &list, true);
	}
	if (e->full)
		r = why_set(why, REASON_ADMIN_ARGUMENT, -1,
		    "more than %d ceremonies, %d roots or %d certificates",
		    EVIDENCE_CEREMONIES, EVIDENCE_ROOTS, EVIDENCE_SIGNED);
	buf_free(&text);
	return r;
}

/* --- hallmark ceremony record --- */

int
ceremony_record_run(struct cli *c, int argc, char **argv)
{
	struct evidence *e = NULL;
	struct message_admin m;
	struct why why;
	enum reason r;
	int code;

	if (!options_read(c, argc, argv, NULL, 1, 1))
		return EXIT_USAGE;
	if ((r = evidence_read(c->operands[0], &e, &why)) == REASON_OK &&
	    e->ceremonies_len != 1)
		r = why_set(&why, REASON_ADMIN_ARGUMENT, -1,
		    "one bundle is taken on record at a time");
	if (r != REASON_OK)
		code = refuse(c, r, &why);
	else {
		request_begin(&m, "ceremony.record");
		request_text(&m, "manifest", e->ceremonies[0].manifest);
		request_text(&m, "kind", e->ceremonies[0].kind);
		request_text(
		    &m, "rehearsal", e->ceremonies[0].rehearsal ? "yes" : NULL);
		code = session_run(c, NEED_SIGNER, &m);
	}
	free(e);
	return code;
}
