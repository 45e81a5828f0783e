/*
 * hallmark explain: what would become of a request, and why. The file goes to a
 * checker as it is, by way of the authority; only the media types are read here,
 * by the reader that the front uses.
 */
#include <stdio.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"
#include "http/media.h"

struct explain {
	const char *at, *kind, *accept, *type;
	struct message_admin m; /* borrows from what follows */
	char format[4], reply[4], legacy[12];
	struct why media;
};

/* The old names that a front would know: by the file, even where a service has
 * not read it again yet. */
static unsigned
allowed(const struct cli *c)
{
	char home[CONFIG_TEXT];
	struct config config;
	struct why why;

	if (home_path(c, home, &why) != REASON_OK ||
	    config_read(home, &config, &why) != REASON_OK)
		config_defaults(&config);
	return config.legacy;
}

/* Row 0c: the front's own judgement goes along, as it would have been. */
static void
ask_media(const struct cli *c, struct explain *e)
{
	unsigned old = allowed(c);
	struct media media;
	struct span accept =
	    e->accept == NULL ? span_of(NULL, 0) : span_str(e->accept);
	enum reason r = media_request(
	    e->type[0] != '\0', span_str(e->type), old, &media, &e->media);

	/* MP 3 rule 7: an audit log is JSON whatever Accept says. */
	if (r == REASON_OK &&
	    (e->kind == NULL || strcmp(e->kind, "auditlog") != 0))
		r = media_reply(
		    &accept, e->accept != NULL, old, &media, &e->media);
	if (r != REASON_OK) {
		request_text(&e->m, "media-reason", reason_code(r));
		request_text(&e->m, "media-text", e->media.text);
		return;
	}
	snprintf(e->format, sizeof(e->format), "%u", media.request & 7u);
	snprintf(
	    e->reply, sizeof(e->reply), "%u", media.reply & FORMAT_LIST_MAX);
	snprintf(e->legacy, sizeof(e->legacy), "%u", media.legacy);
	request_text(&e->m, "legacy", e->legacy);
	request_text(&e->m, "format", e->format);
	request_text(&e->m, "reply", e->reply);
}

/* By the first octets (MP 3 rule 5), which in base64 are others. */
static const char *
type_guess(struct span file)
{
	struct span rest = file;

	while (rest.len > 0 && memchr(" \t\r\n", rest.ptr[0], 4) != NULL)
		rest = span_of(rest.ptr + 1, rest.len - 1);
	if (rest.len > 0 && memchr("{e", rest.ptr[0], 2) != NULL)
		return "application/voucher-jws+json";
	if ((rest.len > 0 && memchr("\xd2\x84h", rest.ptr[0], 3) != NULL) ||
	    (rest.len > 3 && memcmp(rest.ptr, "0oR", 3) == 0))
		return "application/voucher+cose";
	return "application/voucher-cms+json";
}

static void
print_row(const struct json_value *row)
{
	char number[CELL_MAX], title[CELL_MAX], outcome[CELL_MAX];
	char clause[CELL_MAX], found[CELL_MAX], code[CELL_MAX];
	char offset[CELL_MAX], fix[CELL_MAX];

	output_cell(number, row, "row");
	output_cell(title, row, "title");
	output_cell(outcome, row, "outcome");
	output_cell(clause, row, "clause");
	output_cell(found, row, "found");
	output_cell(code, row, "reason");
	printf("%-6s %-14s %s (%s)%s%s\n", number, outcome, title, clause,
	    strcmp(found, "-") == 0 ? "" : ": ",
	    strcmp(found, "-") == 0 ? "" : found);
	if (strcmp(code, "-") == 0)
		return;
	output_cell(offset, row, "offset");
	output_cell(fix, row, "fix");
	printf("%21s [%s] %s\n", "", code, fix);
	if (offset[0] != '-')
		printf("%21s at octet %s\n", "", offset);
}

/* The exit code: EXIT_REFUSED if it would be refused. */
static int
print_explanation(struct cli *c, struct span json, struct why *why)
{
	struct json_value root, list, row, granted;
	struct json_iter i;

	if (json_parse(json, &root, NULL) != WIRE_OK ||
	    !json_member(&root, "rows", &list) || list.type != JSON_ARRAY ||
	    !json_member(&root, "granted", &granted))
		return refuse(c,
		    why_set(why, REASON_INTERNAL, -1,
			"the authority's answer is no explanation"),
		    why);
	if (c->json) {
		output_json(c, json);
		return granted.type == JSON_TRUE ? EXIT_DONE : EXIT_REFUSED;
	}
	json_iter_open(&i, &list);
	while (json_iter_next(&i, NULL, &row))
		print_row(&row);
	printf("\n");
	output_others(json, "rows");
	return granted.type == JSON_TRUE ? EXIT_DONE : EXIT_REFUSED;
}

static int
explain(struct cli *c, const struct message_admin *m, struct why *why)
{
	struct message_admin_reply reply;
	struct session *s = NULL;
	enum reason r;
	int code;

	if ((r = session_open(c, NEED_CHECKER, &s, why)) != REASON_OK ||
	    (r = session_ask(s, m, &reply, why)) != REASON_OK)
		code = refuse(c, r, why);
	else
		code = print_explanation(c, reply.json, why);
	session_close(s);
	return code;
}

int
explain_run(struct cli *c, int argc, char **argv)
{
	struct explain e = { 0 };
	const struct option_row rows[] = { { "at", &e.at, NULL, false },
		{ "kind", &e.kind, NULL, false },
		{ "accept", &e.accept, NULL, false },
		{ "content-type", &e.type, NULL, false }, { 0 } };
	struct buf file;
	struct why why;
	enum reason r;
	int code;

	if (!options_read(c, argc, argv, rows, 1, 1))
		return EXIT_USAGE;
	why_clear(&why);
	why_clear(&e.media);
	if ((r = file_read(c->operands[0], &file, FILE_MAX, &why)) != REASON_OK)
		return refuse(c, r, &why);
	if (e.type == NULL)
		e.type = type_guess(buf_span(&file));
	request_begin(&e.m, "request.explain");
	request_bytes(&e.m, "request", buf_span(&file));
	request_text(&e.m, "at", e.at);
	request_text(&e.m, "kind", e.kind);
	ask_media(c, &e);
	code = explain(c, &e.m, &why);
	buf_free(&file);
	return code;
}
