/*
 * JSON: values lie inside the text, and what is written from them is read as
 * the same: writing a second time gives the same text.
 */
#include "fuzz.h"
#include "wire/json.h"

struct writer {
	struct json_out out;
	char *text; /* room for one string */
	size_t room;
	bool lossy; /* something that the writer cannot say */
};

static void value_write(struct writer *w, const struct json_value *v);

static bool
inside(struct span part, struct span whole)
{
	return part.len > 0 && part.len <= whole.len && part.ptr >= whole.ptr &&
	    part.ptr - whole.ptr <= (ptrdiff_t)(whole.len - part.len);
}

/* The string in w->text; false if no C string can hold it. */
static bool
string_read(struct writer *w, const struct json_value *v)
{
	enum wire_error error;
	size_t len = 0;

	require(v->raw.len >= 2);
	error = json_string(v, w->text, w->room, &len);
	require(error == WIRE_OK || error == WIRE_VALUE);
	if (error != WIRE_OK) {
		w->lossy = true;
		return false;
	}
	require(len <= v->raw.len - 2 && strlen(w->text) == len);
	require(json_string_is(v, w->text));
	if (len > 0)
		require(json_string(v, w->text, len, &len) == WIRE_FULL);
	require(json_string(v, w->text, w->room, &len) == WIRE_OK);
	return true;
}

static void
container_write(struct writer *w, const struct json_value *v)
{
	struct json_value name, value, found;
	struct json_iter i;
	unsigned n = 0;

	if (v->type == JSON_OBJECT)
		json_begin_object(&w->out);
	else
		json_begin_array(&w->out);
	json_iter_open(&i, v);
	while (json_iter_next(&i, &name, &value)) {
		require(++n <= (v->type == JSON_OBJECT ? JSON_MAX_MEMBERS
						       : JSON_MAX_ELEMENTS));
		require(inside(value.raw, v->raw));
		if (v->type == JSON_OBJECT) {
			require(name.type == JSON_STRING);
			require(inside(name.raw, v->raw));
			if (!string_read(w, &name))
				continue;
			/* A look-up walks from the first: some will do. */
			if ((n & (n - 1)) == 0) {
				require(json_member(v, w->text, &found));
				require(found.raw.ptr == value.raw.ptr);
			}
			json_put_name(&w->out, w->text);
		}
		value_write(w, &value);
	}
	if (v->type == JSON_OBJECT)
		json_end_object(&w->out);
	else
		json_end_array(&w->out);
}

static void
value_write(struct writer *w, const struct json_value *v)
{
	uint64_t number;

	switch (v->type) {
	case JSON_OBJECT:
	case JSON_ARRAY:
		container_write(w, v);
		return;
	case JSON_STRING:
		json_put_text(&w->out, string_read(w, v) ? w->text : "");
		return;
	case JSON_NUMBER:
		if (json_uint(v, &number) == WIRE_OK)
			json_put_uint(&w->out, number);
		else /* other numbers the writer does not have */
			json_put_null(&w->out);
		return;
	case JSON_TRUE:
	case JSON_FALSE:
		json_put_bool(&w->out, v->type == JSON_TRUE);
		return;
	case JSON_NULL:
		json_put_null(&w->out);
		return;
	}
	abort();
}

/* Room for a text of len: an octet grows to \u00xx, a digit to null. */
static struct span
rewrite(const struct json_value *root, size_t len, bool *lossy)
{
	size_t cap = 8 * len + 32;
	struct writer w = { .room = len + 1, .text = malloc(len + 1) };
	char *text = malloc(cap);
	struct span s;

	require(w.text != NULL && text != NULL);
	json_out_open(&w.out, text, cap);
	value_write(&w, root);
	require(json_out_span(&w.out, &s) == WIRE_OK);
	*lossy = w.lossy;
	free(w.text);
	return s;
}

uint64_t
input_read(const uint8_t *bytes, size_t len)
{
	struct span input = span_of(bytes, len), once, again;
	struct json_value root;
	size_t where = len + 1;
	bool lossy;

	if (json_parse(input, &root, &where) != WIRE_OK) {
		require(where <= len);
		return 0;
	}
	require(where == len && inside(root.raw, input));
	once = rewrite(&root, len, &lossy);
	if (!lossy) {
		require(json_parse(once, &root, NULL) == WIRE_OK);
		require(span_eq(root.raw, once));
		again = rewrite(&root, once.len, &lossy);
		require(span_eq(again, once));
		free((void *)(uintptr_t)again.ptr);
	}
	free((void *)(uintptr_t)once.ptr);
	return ACCEPTED;
}

uint64_t
input_decode(const uint8_t *bytes, size_t len)
{
	struct json_value root;

	return json_parse(span_of(bytes, len), &root, NULL) == WIRE_OK;
}
