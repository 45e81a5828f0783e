/*
 * JSON accessors, see json.h. They walk texts that json_parse() has checked, so
 * nothing here can meet a fault, and nothing here recurses.
 */
#include "wire/json.h"
#include "wire/json_text.h"
#include "wire/utf8.h"

static enum json_type
type_of(uint8_t first)
{
	switch (first) {
	case '{':
		return JSON_OBJECT;
	case '[':
		return JSON_ARRAY;
	case '"':
		return JSON_STRING;
	case 't':
		return JSON_TRUE;
	case 'f':
		return JSON_FALSE;
	case 'n':
		return JSON_NULL;
	default:
		return JSON_NUMBER;
	}
}

struct json_value
json_value_at(const uint8_t *begin, const uint8_t *end)
{
	struct json_value v = { type_of(*begin),
		span_of(begin, (size_t)(end - begin)) };

	return v;
}

/* Behind the string at p: the first quote that is not escaped, which is one
 * behind an even number of backslashes. */
static const uint8_t *
string_end(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *begin = p, *back;

	do {
		p = memchr(p + 1, '"', (size_t)(end - p - 1));
		for (back = p; back - 1 > begin && back[-1] == '\\'; back--)
			;
	} while ((p - back) % 2 != 0);
	return p + 1;
}

static bool
ends_value(uint8_t c)
{
	return c != '\0' && strchr(",:]} \t\n\r", c) != NULL;
}

/* Takes the value at *p, whatever is in it. */
static struct json_value
take_value(const uint8_t **p, const uint8_t *end)
{
	const uint8_t *begin = *p, *at = *p;
	unsigned open = 0;

	do {
		if (*at == '"') {
			at = string_end(at, end);
			continue;
		}
		if (*at == '{' || *at == '[')
			open++;
		else if (*at == '}' || *at == ']')
			open--;
		at++;
	} while (at < end && (open > 0 || !ends_value(*at)));
	*p = at;
	return json_value_at(begin, at);
}

void
json_iter_open(struct json_iter *i, const struct json_value *container)
{
	i->pos = i->end = container->raw.ptr;
	if (container->type == JSON_OBJECT || container->type == JSON_ARRAY) {
		i->pos = container->raw.ptr + 1;
		i->end = container->raw.ptr + container->raw.len - 1;
	}
}

static bool
iter_mark(struct json_iter *i, char mark)
{
	bool there;

	json_skip_space(&i->pos, i->end);
	there = i->pos < i->end && *i->pos == (uint8_t)mark;
	if (there)
		i->pos++;
	json_skip_space(&i->pos, i->end);
	return there;
}

bool
json_iter_next(
    struct json_iter *i, struct json_value *name, struct json_value *value)
{
	struct json_value first;

	(void)iter_mark(i, ',');
	if (i->pos == i->end)
		return false;
	first = take_value(&i->pos, i->end);
	if (iter_mark(i, ':')) {
		if (name != NULL)
			*name = first;
		*value = take_value(&i->pos, i->end);
	} else {
		*value = first;
	}
	return true;
}

/* The next character of a string as UTF-8, its octets counted; 0 for U+0000
 * and lone surrogates, which no C string and no UTF-8 can hold. */
static size_t
take_character(const uint8_t **p, const uint8_t *end, uint8_t octets[4])
{
	uint32_t code;

	*p += json_character(*p, end, &code);
	if (code == 0 || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return utf8_put(octets, code);
}

bool
json_string_is(const struct json_value *v, const char *text)
{
	const uint8_t *p, *end;
	uint8_t octets[4];
	size_t n;

	if (v->type != JSON_STRING)
		return false;
	p = v->raw.ptr + 1;
	end = v->raw.ptr + v->raw.len - 1;
	while (p < end) {
		n = take_character(&p, end, octets);
		if (n == 0 || strncmp(text, (const char *)octets, n) != 0)
			return false;
		text += n;
	}
	return *text == '\0';
}

bool
json_member(
    const struct json_value *object, const char *name, struct json_value *value)
{
	struct json_iter i;
	struct json_value n, v;

	if (object->type != JSON_OBJECT)
		return false;
	json_iter_open(&i, object);
	while (json_iter_next(&i, &n, &v)) {
		if (json_string_is(&n, name)) {
			*value = v;
			return true;
		}
	}
	return false;
}

enum wire_error
json_string(const struct json_value *v, char *out, size_t cap, size_t *len)
{
	const uint8_t *p, *end;
	uint8_t octets[4];
	size_t n, at = 0;

	if (v->type != JSON_STRING)
		return WIRE_TAG;
	p = v->raw.ptr + 1;
	end = v->raw.ptr + v->raw.len - 1;
	while (p < end) {
		const uint8_t *from = p;

		if ((n = json_plain(p, end)) > 0)
			p += n;
		else if ((n = take_character(&p, end, octets)) > 0)
			from = octets;
		else
			return WIRE_VALUE;
		if (cap - at <= n) /* the terminator needs one more */
			return WIRE_FULL;
		memcpy(out + at, from, n);
		at += n;
	}
	if (cap == 0)
		return WIRE_FULL;
	out[at] = '\0';
	*len = at;
	return WIRE_OK;
}

enum wire_error
json_uint(const struct json_value *v, uint64_t *value)
{
	uint64_t n = 0;
	size_t i;

	if (v->type != JSON_NUMBER)
		return WIRE_TAG;
	if (v->raw.len > 19) /* 2^63 - 1 has 19 digits; 20 could wrap */
		return WIRE_VALUE;
	for (i = 0; i < v->raw.len; i++) {
		if (v->raw.ptr[i] < '0' || v->raw.ptr[i] > '9')
			return WIRE_VALUE;
		n = n * 10 + (uint64_t)(v->raw.ptr[i] - '0');
	}
	if (n > INT64_MAX)
		return WIRE_VALUE;
	*value = n;
	return WIRE_OK;
}
