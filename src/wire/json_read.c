/*
 * JSON reader, see json.h: the one pass that checks a text. It recurses to
 * JSON_MAX_DEPTH and keeps one kibibyte of names per object that is open.
 */
#include "wire/json.h"
#include "wire/json_text.h"
#include "wire/utf8.h"

struct check {
	const uint8_t *begin;
	const uint8_t *pos;
	const uint8_t *end;
	unsigned depth;
};

static enum wire_error check_value(struct check *c);

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

size_t
json_character(const uint8_t *p, const uint8_t *end, uint32_t *code)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;
	size_t n;
	int32_t high, low;

	if (*p < 0x20)
		return 0;
	if (*p != '\\') {
		if ((n = utf8_character(p, end)) == 0)
			return 0;
		*code = utf8_code(p, n);
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

/* What is wrong if something had to be here. */
static enum wire_error
fault(const struct check *c)
{
	return c->pos == c->end ? WIRE_TRUNCATED : WIRE_VALUE;
}

static enum wire_error
check_string(struct check *c)
{
	uint32_t code;
	size_t n;

	c->pos++; /* the quote that the caller saw */
	for (;;) {
		c->pos += json_plain(c->pos, c->end);
		if (c->pos == c->end || *c->pos == '"')
			break;
		if ((n = json_character(c->pos, c->end, &code)) == 0)
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
		return fault(c);
	if (c->pos < c->end && *c->pos == '.') {
		c->pos++;
		if (!take_digits(c))
			return fault(c);
	}
	if (c->pos < c->end && (*c->pos == 'e' || *c->pos == 'E')) {
		c->pos++;
		if (c->pos < c->end && (*c->pos == '+' || *c->pos == '-'))
			c->pos++;
		if (!take_digits(c))
			return fault(c);
	}
	return WIRE_OK;
}

static enum wire_error
check_word(struct check *c, const char *word)
{
	for (; *word != '\0'; word++, c->pos++)
		if (c->pos == c->end || *c->pos != (uint8_t)*word)
			return fault(c);
	return WIRE_OK;
}

/* Takes one of the six structural characters, if it comes next. */
static bool
take_mark(struct check *c, char mark)
{
	json_skip_space(&c->pos, c->end);
	if (c->pos == c->end || *c->pos != (uint8_t)mark)
		return false;
	c->pos++;
	return true;
}

/* Order of two checked strings after unescaping; both at the opening quote. */
static int
string_order(const uint8_t *p, const uint8_t *q, const uint8_t *end)
{
	uint32_t x, y;

	for (p++, q++; *p != '"' && *q != '"';) {
		/* Names that are alike are long in a hostile text only. */
		if (*p == *q && *p != '\\' && *p < 0x80) {
			p++;
			q++;
			continue;
		}
		p += json_character(p, end, &x);
		q += json_character(q, end, &y);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return (*p != '"') - (*q != '"');
}

/*
 * A member's name. names[0..n-1] are offsets of those before it, in order, so
 * that a text full of long names that share their beginning costs eight
 * comparisons a name and not two hundred.
 */
static enum wire_error
check_name(struct check *c, uint32_t *names, unsigned n)
{
	const uint8_t *name;
	unsigned low = 0, high = n, middle;
	enum wire_error error;
	int order;

	json_skip_space(&c->pos, c->end);
	name = c->pos;
	if (name == c->end || *name != '"')
		return fault(c);
	if ((error = check_string(c)) != WIRE_OK)
		return error;
	while (low < high) {
		middle = (low + high) / 2;
		order = string_order(name, c->begin + names[middle], c->end);
		if (order == 0)
			return WIRE_DUPLICATE;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	memmove(names + low + 1, names + low, (n - low) * sizeof(*names));
	names[low] = (uint32_t)(name - c->begin);
	return WIRE_OK;
}

static enum wire_error
check_object(struct check *c)
{
	uint32_t names[JSON_MAX_MEMBERS];
	enum wire_error error;
	unsigned n = 0;

	c->pos++;
	if (take_mark(c, '}'))
		return WIRE_OK;
	do {
		if (n == JSON_MAX_MEMBERS)
			return WIRE_LIMIT;
		if ((error = check_name(c, names, n++)) != WIRE_OK)
			return error;
		if (!take_mark(c, ':'))
			return fault(c);
		if ((error = check_value(c)) != WIRE_OK)
			return error;
	} while (take_mark(c, ','));
	return take_mark(c, '}') ? WIRE_OK : fault(c);
}

static enum wire_error
check_array(struct check *c)
{
	enum wire_error error;
	unsigned n = 0;

	c->pos++;
	if (take_mark(c, ']'))
		return WIRE_OK;
	do {
		if (n++ == JSON_MAX_ELEMENTS)
			return WIRE_LIMIT;
		if ((error = check_value(c)) != WIRE_OK)
			return error;
	} while (take_mark(c, ','));
	return take_mark(c, ']') ? WIRE_OK : fault(c);
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
	json_skip_space(&c->pos, c->end);
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

enum wire_error
json_parse(struct span text, struct json_value *root, size_t *where)
{
	struct check c = { .begin = text.ptr, .pos = text.ptr };
	const uint8_t *begin;
	enum wire_error error;

	if (where != NULL)
		*where = 0;
	if (text.len == 0)
		return WIRE_TRUNCATED;
	if (text.len > UINT32_MAX) /* offsets of names */
		return WIRE_LIMIT;
	c.end = text.ptr + text.len;
	json_skip_space(&c.pos, c.end);
	begin = c.pos;
	error = check_value(&c);
	if (error == WIRE_OK) {
		*root = json_value_at(begin, c.pos);
		json_skip_space(&c.pos, c.end);
		if (c.pos != c.end)
			error = WIRE_TRAILING;
	}
	if (where != NULL)
		*where = (size_t)(c.pos - text.ptr);
	return error;
}
