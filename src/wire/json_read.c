/* JSON reader, see json.h. */
#include "wire/json.h"
#include "wire/utf8.h"

/* The checking pass. One instance per text; depth bounds the recursion. */
struct check {
	const uint8_t *pos;
	const uint8_t *end;
	unsigned depth;
};

static enum wire_error check_value(struct check *c);

static void
skip_space(const uint8_t **p, const uint8_t *end)
{
	while (*p < end && (**p == ' ' || **p == '\t' || **p == '\n' ||
	    **p == '\r'))
		(*p)++;
}

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The four digits of \uXXXX; -1 if they are not. p at the first digit. */
static int32_t
hex4(const uint8_t *p, const uint8_t *end)
{
	int32_t value = 0;
	int i, h;

	if (end - p < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		if ((h = hex_value(p[i])) < 0)
			return -1;
		value = value << 4 | h;
	}
	return value;
}

/*
 * One character of a string, escapes resolved: *code gets it, the result is the
 * number of octets taken, 0 on a fault. A pair of surrogates is one character;
 * a lone one is given as it is.
 */
static size_t
string_character(const uint8_t *p, const uint8_t *end, uint32_t *code)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;
	size_t n, i;
	int32_t high, low;

	if (*p < 0x20)
		return 0;
	if (*p != '\\') {
		if ((n = utf8_character(p, end)) == 0)
			return 0;
		*code = n == 1 ? p[0] : p[0] & (0xffu >> (n + 1));
		for (i = 1; i < n; i++)
			*code = *code << 6 | (p[i] & 0x3f);
		return n;
	}
	if (end - p < 2)
		return 0;
	if (p[1] != 'u') {
		if (p[1] == '\0' || (at = strchr(from, p[1])) == NULL)
			return 0;
		*code = (uint8_t)to[at - from];
		return 2;
	}
	if ((high = hex4(p + 2, end)) < 0)
		return 0;
	*code = (uint32_t)high;
	if (high < 0xd800 || high > 0xdbff || end - p < 12 || p[6] != '\\' ||
	    p[7] != 'u' || (low = hex4(p + 8, end)) < 0xdc00 || low > 0xdfff)
		return 6;
	*code = 0x10000 + (((uint32_t)high & 0x3ff) << 10) +
	    ((uint32_t)low & 0x3ff);
	return 12;
}

static enum wire_error
check_string(struct check *c)
{
	uint32_t code;
	size_t n;

	c->pos++;		/* the quote that the caller saw */
	while (c->pos < c->end && *c->pos != '"') {
		if ((n = string_character(c->pos, c->end, &code)) == 0)
			return WIRE_VALUE;
		c->pos += n;
	}
	if (c->pos == c->end)
		return WIRE_TRUNCATED;
	c->pos++;
	return WIRE_OK;
}

static bool
take_digits(struct check *c)
{
	const uint8_t *begin = c->pos;

	while (c->pos < c->end && *c->pos >= '0' && *c->pos <= '9')
		c->pos++;
	return c->pos > begin;
}

/* RFC 8259 6: no leading zeros, no plus, digits on both sides of a point. */
static enum wire_error
check_number(struct check *c)
{
	if (*c->pos == '-')
		c->pos++;
	if (c->pos < c->end && *c->pos == '0')
		c->pos++;
	else if (!take_digits(c))
		return WIRE_VALUE;
	if (c->pos < c->end && *c->pos == '.') {
		c->pos++;
		if (!take_digits(c))
			return WIRE_VALUE;
	}
	if (c->pos < c->end && (*c->pos == 'e' || *c->pos == 'E')) {
		c->pos++;
		if (c->pos < c->end && (*c->pos == '+' || *c->pos == '-'))
			c->pos++;
		if (!take_digits(c))
			return WIRE_VALUE;
	}
	return WIRE_OK;
}

static enum wire_error
check_word(struct check *c, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(c->end - c->pos) < len ||
	    memcmp(c->pos, word, len) != 0)
		return WIRE_VALUE;
	c->pos += len;
	return WIRE_OK;
}

/* Do two strings (with quotes) say the same after unescaping? */
static bool
same_string(struct span a, struct span b)
{
	const uint8_t *p = a.ptr + 1, *pe = a.ptr + a.len - 1;
	const uint8_t *q = b.ptr + 1, *qe = b.ptr + b.len - 1;
	uint32_t x, y;

	while (p < pe && q < qe) {
		p += string_character(p, pe, &x);
		q += string_character(q, qe, &y);
		if (x != y)
			return false;
	}
	return p == pe && q == qe;
}

static enum wire_error
check_object(struct check *c)
{
	struct span names[JSON_MAX_MEMBERS];
	enum wire_error error;
	const uint8_t *begin;
	unsigned n = 0, i;

	c->pos++;
	skip_space(&c->pos, c->end);
	if (c->pos < c->end && *c->pos == '}') {
		c->pos++;
		return WIRE_OK;
	}
	for (;;) {
		skip_space(&c->pos, c->end);
		begin = c->pos;
		if (c->pos == c->end)
			return WIRE_TRUNCATED;
		if (*c->pos != '"')
			return WIRE_VALUE;
		if ((error = check_string(c)) != WIRE_OK)
			return error;
		if (n == JSON_MAX_MEMBERS)
			return WIRE_LIMIT;
		names[n] = span_of(begin, (size_t)(c->pos - begin));
		for (i = 0; i < n; i++)
			if (same_string(names[i], names[n]))
				return WIRE_DUPLICATE;
		n++;
		skip_space(&c->pos, c->end);
		if ((error = check_word(c, ":")) != WIRE_OK ||
		    (error = check_value(c)) != WIRE_OK)
			return error;
		skip_space(&c->pos, c->end);
		if (c->pos < c->end && *c->pos == '}')
			break;
		if ((error = check_word(c, ",")) != WIRE_OK)
			return error;
	}
	c->pos++;
	return WIRE_OK;
}

static enum wire_error
check_array(struct check *c)
{
	enum wire_error error;
	unsigned n = 0;

	c->pos++;
	skip_space(&c->pos, c->end);
	if (c->pos < c->end && *c->pos == ']') {
		c->pos++;
		return WIRE_OK;
	}
	for (;;) {
		if (n++ == JSON_MAX_MEMBERS)
			return WIRE_LIMIT;
		if ((error = check_value(c)) != WIRE_OK)
			return error;
		skip_space(&c->pos, c->end);
		if (c->pos < c->end && *c->pos == ']')
			break;
		if ((error = check_word(c, ",")) != WIRE_OK)
			return error;
	}
	c->pos++;
	return WIRE_OK;
}

static enum wire_error
check_container(struct check *c, enum wire_error (*inside)(struct check *))
{
	enum wire_error error;

	if (c->depth == JSON_MAX_DEPTH)
		return WIRE_DEPTH;
	c->depth++;
	error = inside(c);
	c->depth--;
	return error;
}

static enum wire_error
check_value(struct check *c)
{
	skip_space(&c->pos, c->end);
	if (c->pos == c->end)
		return WIRE_TRUNCATED;
	switch (*c->pos) {
	case '{':
		return check_container(c, check_object);
	case '[':
		return check_container(c, check_array);
	case '"':
		return check_string(c);
	case 't':
		return check_word(c, "true");
	case 'f':
		return check_word(c, "false");
	case 'n':
		return check_word(c, "null");
	default:
		return check_number(c);
	}
}

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

enum wire_error
json_parse(struct span text, struct json_value *root, size_t *where)
{
	struct check c = { .pos = text.ptr, .end = text.ptr + text.len };
	const uint8_t *begin;
	enum wire_error error;

	if (text.len == 0) {
		if (where != NULL)
			*where = 0;
		return WIRE_TRUNCATED;
	}
	skip_space(&c.pos, c.end);
	begin = c.pos;
	error = check_value(&c);
	if (error == WIRE_OK) {
		root->type = type_of(*begin);
		root->raw = span_of(begin, (size_t)(c.pos - begin));
		skip_space(&c.pos, c.end);
		if (c.pos != c.end)
			error = WIRE_TRAILING;
	}
	if (where != NULL)
		*where = (size_t)(c.pos - text.ptr);
	return error;
}

/* Takes one value of a checked text; *p at its first character. */
static struct json_value
take_value(const uint8_t **p, const uint8_t *end)
{
	struct check c = { .pos = *p, .end = end };
	struct json_value v = { .type = type_of(**p) };

	/* Checked before: it cannot fail, and is no deeper than the limit. */
	(void)check_value(&c);
	v.raw = span_of(*p, (size_t)(c.pos - *p));
	*p = c.pos;
	return v;
}

void
json_iter_open(struct json_iter *i, const struct json_value *container)
{
	i->pos = container->raw.ptr + 1;
	i->end = container->raw.ptr + container->raw.len - 1;
	if (container->type != JSON_OBJECT && container->type != JSON_ARRAY)
		i->pos = i->end = container->raw.ptr;
}

bool
json_iter_next(struct json_iter *i, struct json_value *name,
    struct json_value *value)
{
	struct json_value first;

	skip_space(&i->pos, i->end);
	if (i->pos < i->end && *i->pos == ',') {
		i->pos++;
		skip_space(&i->pos, i->end);
	}
	if (i->pos == i->end)
		return false;
	first = take_value(&i->pos, i->end);
	skip_space(&i->pos, i->end);
	if (i->pos < i->end && *i->pos == ':') {
		i->pos++;
		skip_space(&i->pos, i->end);
		if (name != NULL)
			*name = first;
		*value = take_value(&i->pos, i->end);
	} else {
		*value = first;
	}
	return true;
}

bool
json_string_is(const struct json_value *v, const char *text)
{
	const uint8_t *p, *end;
	uint32_t code;

	if (v->type != JSON_STRING)
		return false;
	p = v->raw.ptr + 1;
	end = v->raw.ptr + v->raw.len - 1;
	for (; p < end; text++) {
		p += string_character(p, end, &code);
		if (*text == '\0' || code != (uint8_t)*text || code > 0x7f)
			return false;
	}
	return *text == '\0';
}

bool
json_member(const struct json_value *object, const char *name,
    struct json_value *value)
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

/* UTF-8 of a character into out; its length. */
static size_t
utf8_put(uint8_t out[4], uint32_t code)
{
	if (code < 0x80) {
		out[0] = (uint8_t)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (uint8_t)(0xc0 | code >> 6);
		out[1] = (uint8_t)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (uint8_t)(0xe0 | code >> 12);
		out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | code >> 18);
	out[1] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (code & 0x3f));
	return 4;
}

enum wire_error
json_string(const struct json_value *v, char *out, size_t cap, size_t *len)
{
	const uint8_t *p, *end;
	uint8_t octets[4];
	size_t n, at = 0;
	uint32_t code;

	if (v->type != JSON_STRING)
		return WIRE_TAG;
	p = v->raw.ptr + 1;
	end = v->raw.ptr + v->raw.len - 1;
	while (p < end) {
		p += string_character(p, end, &code);
		if (code == 0 || (code >= 0xd800 && code <= 0xdfff))
			return WIRE_VALUE;
		n = utf8_put(octets, code);
		if (cap - at <= n)
			return WIRE_FULL;
		memcpy(out + at, octets, n);
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
	if (v->raw.len > 19)
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
