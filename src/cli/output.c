/* What the authority answers, for programs or for people, see cli.h. */
#include <stdio.h>
#include <stdlib.h>

#include "base/fatal.h"
#include "base/text.h"
#include "cli/cli.h"

#define COLUMNS_MAX 24

/* A terminal obeys control characters: none gets that far, nor one of C1, which
 * are U+0080 to U+009F. */
static void
cell_tame(char *out)
{
	unsigned char *c;

	for (c = (unsigned char *)out; *c != '\0'; c++) {
		if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
			*c++ = '?';
		else if (*c >= 0x20 && *c != 0x7f)
			continue;
		*c = '?';
	}
}

/* One value in a cell: strings without quotes, null as a dash. */
static void
cell(char out[CELL_MAX], const struct json_value *v)
{
	size_t len;

	if (v->type == JSON_NULL)
		snprintf(out, CELL_MAX, "-");
	else if (v->type == JSON_TRUE)
		snprintf(out, CELL_MAX, "yes");
	else if (v->type == JSON_FALSE)
		snprintf(out, CELL_MAX, "no");
	else if (json_string(v, out, CELL_MAX, &len) != WIRE_OK)
		text_copy(out, CELL_MAX, v->raw);
	if (out[0] == '\0' || strcmp(out, "[]") == 0)
		snprintf(out, CELL_MAX, "-");
	cell_tame(out);
}

#define COLUMN_NAME 32

struct table {
	char name[COLUMNS_MAX][COLUMN_NAME];
	size_t width[COLUMNS_MAX];
	size_t columns;
	bool measure; /* first pass: nothing is printed */
};

static void
table_add(struct table *t, const char *name)
{
	size_t i;

	for (i = 0; i < t->columns; i++)
		if (strcmp(t->name[i], name) == 0)
			return;
	if (t->columns < COLUMNS_MAX &&
	    text_copy(t->name[t->columns], COLUMN_NAME, span_str(name)))
		t->columns++;
}

/* Those that are asked for, or else the members of all rows: rows may differ in
 * what they have. */
static void
table_columns(
    struct table *t, const struct json_value *array, const char *const *columns)
{
	struct json_value row, name, value;
	struct json_iter rows, members;
	char text[CELL_MAX];

	for (; columns != NULL && *columns != NULL; columns++)
		table_add(t, *columns);
	json_iter_open(&rows, array);
	while (columns == NULL && json_iter_next(&rows, NULL, &row)) {
		json_iter_open(&members, &row);
		while (json_iter_next(&members, &name, &value)) {
			cell(text, &name);
			table_add(t, text);
		}
	}
}

static void
table_cell(struct table *t, size_t at, const char *text)
{
	size_t len = strlen(text);

	if (t->measure && len > t->width[at])
		t->width[at] = len;
	if (t->measure)
		return;
	if (at + 1 == t->columns)
		printf("%s\n", text);
	else
		printf("%-*s  ", (int)t->width[at], text);
}

static void
table_rows(struct table *t, const struct json_value *array)
{
	struct json_value row;
	struct json_iter rows;
	char text[CELL_MAX];
	size_t at;

	for (at = 0; at < t->columns; at++)
		table_cell(t, at, t->name[at]);
	json_iter_open(&rows, array);
	while (json_iter_next(&rows, NULL, &row))
		for (at = 0; at < t->columns; at++) {
			output_cell(text, &row, t->name[at]);
			table_cell(t, at, text);
		}
}

static void
print_table(const struct json_value *array, const char *const *columns)
{
	struct table t = { .measure = true };
	struct json_value ignored;
	struct json_iter rows;

	json_iter_open(&rows, array);
	if (!json_iter_next(&rows, NULL, &ignored))
		return;
	table_columns(&t, array, columns);
	table_rows(&t, array);
	t.measure = false;
	table_rows(&t, array);
}

static void
print_pem(const struct json_value *v)
{
	size_t cap = v->raw.len, len;
	char *text = memory_new(cap + 1);
	uint8_t *der = memory_new(cap + 1);
	struct buf out;

	buf_init(&out, FRAME_MAX);
	if (json_string(v, text, cap + 1, &len) == WIRE_OK && len > 0 &&
	    base64_decode(der, cap, &len, span_str(text), BASE64_STANDARD)) {
		if (!pem_write(&out, "CERTIFICATE", span_of(der, len)))
			fatal("no room for PEM");
		fwrite(out.ptr, 1, out.len, stdout);
	}
	buf_free(&out);
	free(der);
	free(text);
}

static void print_object(const struct json_value *object, int indent);

/* Certificates as PEM; a list of objects with a line between any two. */
static void
print_array(const char *name, const struct json_value *v, int indent)
{
	struct json_value inner;
	struct json_iter i;
	bool first = true;
	char text[CELL_MAX];

	json_iter_open(&i, v);
	for (; json_iter_next(&i, NULL, &inner); first = false) {
		if (strcmp(name, "chain") == 0) {
			print_pem(&inner);
		} else if (inner.type == JSON_OBJECT) {
			if (!first)
				putchar('\n');
			print_object(&inner, indent);
		} else {
			cell(text, &inner);
			printf("%*s%s: %s\n", indent, "", name, text);
		}
	}
	if (first)
		printf("%*s%s: -\n", indent, "", name);
}

static void
print_member(const char *name, const struct json_value *v, int indent)
{
	char text[CELL_MAX];

	if (strcmp(name, "certificate") == 0 && v->type == JSON_STRING) {
		print_pem(v);
	} else if (v->type == JSON_ARRAY) {
		print_array(name, v, indent);
	} else if (v->type == JSON_OBJECT) {
		printf("%*s%s:\n", indent, "", name);
		print_object(v, indent + 2);
	} else {
		cell(text, v);
		printf("%*s%s: %s\n", indent, "", name, text);
	}
}

static void
print_members(const struct json_value *object, int indent, const char *but)
{
	struct json_value name, value;
	struct json_iter i;
	char text[CELL_MAX];

	json_iter_open(&i, object);
	while (json_iter_next(&i, &name, &value)) {
		cell(text, &name);
		if (but == NULL || strcmp(text, but) != 0)
			print_member(text, &value, indent);
	}
}

static void
print_object(const struct json_value *object, int indent)
{
	print_members(object, indent, NULL);
}

void
output_others(struct span json, const char *name)
{
	struct json_value root;

	if (json_parse(json, &root, NULL) == WIRE_OK &&
	    root.type == JSON_OBJECT)
		print_members(&root, 0, name);
}

void
output_cell(
    char out[CELL_MAX], const struct json_value *object, const char *name)
{
	struct json_value v;

	if (json_member(object, name, &v))
		cell(out, &v);
	else
		text_copy(out, CELL_MAX, span_str("-"));
}

/* A list is an object that begins with an array of objects, without
 * certificates in them. */
static bool
is_list(const struct json_value *root, struct json_value *array)
{
	struct json_value row, ignored;
	struct json_iter i;

	json_iter_open(&i, root);
	if (!json_iter_next(&i, NULL, array) || array->type != JSON_ARRAY)
		return false;
	json_iter_open(&i, array);
	if (!json_iter_next(&i, NULL, &row))
		return true;
	return row.type == JSON_OBJECT &&
	    !json_member(&row, "certificate", &ignored) &&
	    !json_member(&row, "chain", &ignored);
}

void
output_json(const struct cli *c, struct span json)
{
	struct json_value root, array;
	char next[CELL_MAX];

	if (json.len == 0)
		json = span_str("{}");
	if (c->json) {
		printf("%.*s\n", (int)json.len, (const char *)json.ptr);
		return;
	}
	if (json_parse(json, &root, NULL) != WIRE_OK ||
	    root.type != JSON_OBJECT)
		fatal("the answer is no JSON object");
	if (is_list(&root, &array))
		print_table(&array, c->columns);
	else
		print_members(&root, 0, "next");
	fflush(stdout); /* what is told on stderr comes behind it */
	if (json_text(json, "next", next, sizeof(next)))
		fprintf(stderr, "there are more: --after %s\n", next);
}

bool
json_copy(const struct json_value *v, char *out, size_t cap)
{
	size_t len;

	if (json_string(v, out, cap, &len) != WIRE_OK)
		return false;
	cell_tame(out);
	return true;
}

bool
json_text(struct span json, const char *name, char *out, size_t cap)
{
	struct json_value root, v;

	return json_parse(json, &root, NULL) == WIRE_OK &&
	    json_member(&root, name, &v) && json_copy(&v, out, cap);
}

bool
json_certificate(const struct json_value *v, uint8_t *room, struct span *der)
{
	char text[BASE64_SIZE(CERTIFICATE_MAX)];
	size_t len;

	if (json_string(v, text, sizeof(text), &len) != WIRE_OK ||
	    !base64_decode(
		room, CERTIFICATE_MAX, &len, span_str(text), BASE64_STANDARD))
		return false;
	*der = span_of(room, len);
	return true;
}

static bool
add_certificate(const struct json_value *v, struct buf *pem)
{
	uint8_t room[CERTIFICATE_MAX];
	struct span der;

	if (!json_certificate(v, room, &der))
		return false;
	if (!pem_write(pem, "CERTIFICATE", der))
		fatal("no room for PEM");
	return true;
}

bool
output_chain(struct span json, struct buf *pem)
{
	struct json_value root, v, one;
	struct json_iter i;

	if (json_parse(json, &root, NULL) != WIRE_OK)
		return false;
	if (json_member(&root, "certificate", &v) && !add_certificate(&v, pem))
		return false;
	if (!json_member(&root, "chain", &v) || v.type != JSON_ARRAY)
		return pem->len > 0;
	json_iter_open(&i, &v);
	while (json_iter_next(&i, NULL, &one))
		if (!add_certificate(&one, pem))
			return false;
	return true;
}
