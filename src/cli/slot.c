/* hallmark slot list, slot give. */
#include "base/buf.h"
#include "cli/cli.h"
#include "wire/json.h"

#define LIST_MAX (4u << 20) /* octets of JSON */

/* The list as a whole, as of one record: a ceremony's plan names it. */
struct whole {
	struct buf out;
	char head[CELL_MAX];
	bool moved; /* the journal went on between two pages */
};

static bool
add(struct buf *b, const char *before, struct span text)
{
	return buf_add(b, span_str(before)) && buf_add(b, text);
}

/* What stands before the rows, of the first page; all others must agree. */
static bool
begin(struct whole *w, const struct json_value *root)
{
	static const char *const names[] = { "signer", "sequence", "head" };
	struct json_value v;
	unsigned i;

	output_cell(w->head, root, "head");
	for (i = 0; i < 3; i++)
		if (!json_member(root, names[i], &v) ||
		    !add(&w->out, i == 0 ? "{\"" : ",\"", span_str(names[i])) ||
		    !add(&w->out, "\":", v.raw))
			return false;
	return buf_add(&w->out, span_str(",\"slots\":["));
}

static bool
add_page(struct whole *w, struct span json, char after[CELL_MAX])
{
	struct json_value root, list, row;
	bool first = w->out.len == 0;
	struct json_iter i;
	char head[CELL_MAX];

	if (json_parse(json, &root, NULL) != WIRE_OK ||
	    !json_member(&root, "slots", &list) || (first && !begin(w, &root)))
		return false;
	output_cell(head, &root, "head");
	w->moved |= strcmp(head, w->head) != 0;
	json_iter_open(&i, &list);
	for (; json_iter_next(&i, NULL, &row); first = false)
		if (!add(&w->out, first ? "" : ",", row.raw))
			return false;
	if (!json_text(json, "next", after, CELL_MAX))
		after[0] = '\0';
	return true;
}

static enum reason
list_whole(struct session *s, struct whole *w, struct why *why)
{
	struct message_admin_reply reply;
	struct message_admin m;
	char after[CELL_MAX] = "";
	enum reason r;

	do {
		request_begin(&m, "slot.list");
		request_text(&m, "after", after[0] == '\0' ? NULL : after);
		if ((r = session_ask(s, &m, &reply, why)) != REASON_OK)
			return r;
		if (!add_page(w, reply.json, after))
			return why_set(why, REASON_INTERNAL, -1, "slot.list");
		if (w->moved)
			return why_set(why, REASON_UNAVAILABLE, -1,
			    "something was signed meanwhile: list again");
	} while (after[0] != '\0');
	return buf_add(&w->out, span_str("]}"))
	    ? REASON_OK
	    : why_set(why, REASON_INTERNAL, -1, "slot.list");
}

int
slot_list_run(struct cli *c, int argc, char **argv)
{
	struct session *s = NULL;
	struct whole w = { 0 };
	struct why why;
	enum reason r;
	int code = EXIT_DONE;

	if (!options_read(c, argc, argv, NULL, 0, 0))
		return EXIT_USAGE;
	buf_init(&w.out, LIST_MAX);
	if ((r = session_open(c, NEED_STORE, &s, &why)) != REASON_OK ||
	    (r = list_whole(s, &w, &why)) != REASON_OK)
		code = refuse(c, r, &why);
	else
		output_json(c, buf_span(&w.out));
	session_close(s);
	buf_free(&w.out);
	return code;
}

int
slot_give_run(struct cli *c, int argc, char **argv)
{
	return session_verb(c, argc, argv,
	    &(struct plain_verb){
		"slot.give", NEED_SIGNER, { "slot" }, .required = "to" });
}
